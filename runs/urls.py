"""Addresses of runs: pages for people first, then the REST API."""

from __future__ import annotations

from django.contrib.auth import views as auth
from django.urls import URLPattern, URLResolver, include, path

from runs import views
from runs.api.advice import Recommendations
from runs.api.budgets import Budgets, ForecastBudget, OneBudget, RaiseBudget
from runs.api.control import CancelRun, ResumeRun
from runs.api.decisions import ListDecisions, ReadDecision
from runs.api.events import ListEvents
from runs.api.feed import ListFeed
from runs.api.feedback import TaskFeedback
from runs.api.learning import ReadLearning, Sharing
from runs.api.models import ListModels, ReadModel
from runs.api.parts import DownloadOutput, ListCalls, ListTasks, ReadTask
from runs.api.policies import CheckPolicy, OnePolicy, Policies, ReplayPolicy
from runs.api.recommendations import (
    ApplyRecommendation,
    DismissRecommendation,
    ReadRecommendation,
    RevertRecommendation,
)
from runs.api.runs import ReadRun, Runs
from runs.api.tuning import Analyses, ReadAnalysis
from runs.api.tuning_data import (
    Datasets,
    DownloadDataset,
    ManageAssumptions,
    ReadDataset,
)
from runs.api.tuning_proposals import Proposals, ReadProposal, RegisterModel
from runs.api.usage import ReadUsage
from runs.api.webhook_secret import ReadWebhookSecret
from runs.views.alert_channels import alert_channels, channel_gone, channel_test, delivery_again
from runs.views.api_keys import api_keys, key_revoke, key_rotate
from runs.views.budget_actions import budget_change, budget_new, budget_raise, raise_end
from runs.views.budget_list import budgets
from runs.views.budget_page import budget
from runs.views.decision_log import decision, decisions
from runs.views.invoices import invoice, invoices
from runs.views.learning import learning, sharing
from runs.views.market import model_add, model_switch, models_settings, provider_switch
from runs.views.model_page import model_settings, price_add
from runs.views.organisation import organisation, team, team_archive, teams
from runs.views.policy_editor import policy_edit, policy_new
from runs.views.policy_list import policies
from runs.views.policy_page import policy, policy_file, policy_restore, policy_retire
from runs.views.recommendation_actions import (
    recommendation_apply,
    recommendation_dismiss,
    recommendation_revert,
)
from runs.views.recommendation_page import recommendation
from runs.views.recommendations import recommendations, recommendations_compute
from runs.views.repricing import repricing
from runs.views.sign_on import sign_on, sign_on_callback
from runs.views.tuning import look, patterns, proposal_new, reckoning
from runs.views.tuning_assumptions import assumptions
from runs.views.tuning_proposal import dataset_file, dataset_new, model_register, proposal
from runs.views.webhooks import webhook_again, webhooks

page_patterns: list[URLPattern | URLResolver] = [
    path("", views.home, name="home"),
    path("login/", views.LogIn.as_view(), name="login"),
    path("login/sso/", sign_on, name="sign-on"),
    path("login/sso/callback/", sign_on_callback, name="sign-on-callback"),
    path("logout/", auth.LogoutView.as_view(), name="logout"),
    path("overview/", views.overview, name="overview"),
    path("costs/", views.costs, name="costs"),
    path("costs/export/", views.costs_export, name="costs-export"),
    path("quality/", views.quality, name="quality"),
    path("quality/quality.csv", views.quality_csv, name="quality-csv"),
    path("providers/", views.providers, name="providers"),
    path("providers/clear/", views.breaker_clear, name="breaker-clear"),
    path("budgets/", budgets, name="budgets"),
    path("budgets/new/<slug:place>/", budget_new, name="budget-new"),
    path("budgets/alerts/", alert_channels, name="alert-channels"),
    path("budgets/alerts/<int:channel_id>/test/", channel_test, name="channel-test"),
    path("budgets/alerts/<int:channel_id>/remove/", channel_gone, name="channel-gone"),
    path("budgets/deliveries/<uuid:delivery_id>/again/", delivery_again, name="delivery-again"),
    path("budgets/<int:budget_id>/", budget, name="budget"),
    path("budgets/<int:budget_id>/change/", budget_change, name="budget-change"),
    path("budgets/<int:budget_id>/raise/", budget_raise, name="budget-raise"),
    path("budgets/<int:budget_id>/raises/<int:raise_id>/end/", raise_end, name="raise-end"),
    path("policies/", policies, name="policies"),
    path("policies/new/", policy_new, name="policy-new"),
    path("policies/<int:policy_id>/", policy, name="policy"),
    path("policies/<int:policy_id>/edit/", policy_edit, name="policy-edit"),
    path("policies/<int:policy_id>/policy.yaml", policy_file, name="policy-file"),
    path("policies/<int:policy_id>/retire/", policy_retire, name="policy-retire"),
    path("policies/<int:policy_id>/restore/", policy_restore, name="policy-restore"),
    path("decisions/", decisions, name="decisions"),
    path("decisions/<uuid:decision_id>/", decision, name="decision"),
    path("learning/", learning, name="learning"),
    path("learning/sharing/", sharing, name="learning-sharing"),
    path("tuning/", patterns, name="tuning"),
    path("tuning/look/", look, name="tuning-look"),
    path("tuning/assumptions/", assumptions, name="tuning-assumptions"),
    path("tuning/reckoning/", reckoning, name="tuning-reckoning"),
    path("tuning/proposals/", proposal_new, name="tuning-propose"),
    path("tuning/proposals/<uuid:proposal_id>/", proposal, name="tuning-proposal"),
    path("tuning/proposals/<uuid:proposal_id>/data-set/", dataset_new, name="tuning-dataset-new"),
    path("tuning/proposals/<uuid:proposal_id>/model/", model_register, name="tuning-model"),
    path(
        "tuning/data-sets/<uuid:dataset_id>/<slug:form>/<slug:part>.jsonl",
        dataset_file,
        name="tuning-dataset-file",
    ),
    path("recommendations/", recommendations, name="recommendations"),
    path("recommendations/compute/", recommendations_compute, name="recommendations-compute"),
    path("recommendations/<uuid:recommendation_id>/", recommendation, name="recommendation"),
    path(
        "recommendations/<uuid:recommendation_id>/apply/",
        recommendation_apply,
        name="recommendation-apply",
    ),
    path(
        "recommendations/<uuid:recommendation_id>/dismiss/",
        recommendation_dismiss,
        name="recommendation-dismiss",
    ),
    path(
        "recommendations/<uuid:recommendation_id>/revert/",
        recommendation_revert,
        name="recommendation-revert",
    ),
    path("settings/organisation/", organisation, name="organisation"),
    path("settings/teams/", teams, name="teams"),
    path("settings/teams/<int:team_id>/", team, name="team"),
    path("settings/teams/<int:team_id>/archive/", team_archive, name="team-archive"),
    path("settings/webhooks/", webhooks, name="webhooks"),
    path("settings/webhooks/<uuid:webhook_id>/again/", webhook_again, name="webhook-again"),
    path("settings/keys/", api_keys, name="api-keys"),
    path("settings/models/", models_settings, name="models-settings"),
    path("settings/models/add/", model_add, name="model-add"),
    path("settings/models/of/<path:name>/", model_settings, name="model-settings"),
    path("settings/models/switch/<path:name>/", model_switch, name="model-switch"),
    path("settings/models/price/<path:name>/", price_add, name="price-add"),
    path("settings/providers/<str:provider>/switch/", provider_switch, name="provider-switch"),
    path("settings/invoices/", invoices, name="invoices"),
    path("settings/invoices/<uuid:check_id>/", invoice, name="invoice"),
    path("settings/reprice/", repricing, name="reprice"),
    path("settings/keys/<int:key_id>/revoke/", key_revoke, name="key-revoke"),
    path("settings/keys/<int:key_id>/rotate/", key_rotate, name="key-rotate"),
    path("views/", views.view_new, name="view-new"),
    path("views/<int:view_id>/delete/", views.view_gone, name="view-delete"),
    path("settings/members/", views.members, name="members"),
    path("settings/members/<int:member_id>/role/", views.member_role, name="member-role"),
    path(
        "settings/members/<int:member_id>/deactivate/",
        views.member_deactivate,
        name="member-deactivate",
    ),
    path(
        "settings/invitations/<int:invitation_id>/withdraw/",
        views.invitation_withdraw,
        name="invitation-withdraw",
    ),
    path("invitations/<str:token>/", views.invitation, name="invitation"),
    path("settings/sessions/", views.sessions, name="sessions"),
    path("settings/sessions/others/end/", views.sessions_end_others, name="sessions-end-others"),
    path("settings/sessions/<int:sign_in_id>/end/", views.session_end, name="session-end"),
    path("settings/password/", views.ChangePassword.as_view(), name="password"),
    path("runs/", views.runs, name="runs"),
    path("runs/new/", views.run_new, name="run-new"),
    path("runs/<uuid:run_id>/", views.run, name="run"),
    path("runs/<uuid:run_id>/cancel/", views.run_cancel, name="run-cancel"),
    path("runs/<uuid:run_id>/resume/", views.run_resume, name="run-resume"),
    path("runs/<uuid:run_id>/rerun/", views.run_rerun, name="run-rerun"),
    path("runs/<uuid:run_id>/tasks/<str:key>/verdict/", views.task_verdict, name="task-verdict"),
]

api_patterns: list[URLPattern | URLResolver] = [
    path("runs/", Runs.as_view(), name="api-runs"),
    path("runs/<uuid:run_id>/", ReadRun.as_view(), name="api-run"),
    path("runs/<uuid:run_id>/tasks/", ListTasks.as_view(), name="api-tasks"),
    path("runs/<uuid:run_id>/tasks/<str:key>/", ReadTask.as_view(), name="api-task"),
    path(
        "runs/<uuid:run_id>/tasks/<str:key>/feedback/", TaskFeedback.as_view(), name="api-feedback"
    ),
    path("runs/<uuid:run_id>/calls/", ListCalls.as_view(), name="api-calls"),
    path("runs/<uuid:run_id>/events/", ListEvents.as_view(), name="api-events"),
    path("runs/<uuid:run_id>/output/", DownloadOutput.as_view(), name="api-output"),
    path("runs/<uuid:run_id>/cancel/", CancelRun.as_view(), name="api-cancel"),
    path("runs/<uuid:run_id>/resume/", ResumeRun.as_view(), name="api-resume"),
    path("events/", ListFeed.as_view(), name="api-feed"),
    path("budgets/", Budgets.as_view(), name="api-budgets"),
    path("budgets/<int:budget_id>/", OneBudget.as_view(), name="api-budget"),
    path("budgets/<int:budget_id>/forecast/", ForecastBudget.as_view(), name="api-budget-forecast"),
    path("budgets/<int:budget_id>/raise/", RaiseBudget.as_view(), name="api-budget-raise"),
    path("usage/", ReadUsage.as_view(), name="api-usage"),
    path("models/", ListModels.as_view(), name="api-models"),
    path("models/<path:model_id>/", ReadModel.as_view(), name="api-model"),
    path("policies/", Policies.as_view(), name="api-policies"),
    path("policies/check/", CheckPolicy.as_view(), name="api-policies-check"),
    path("policies/replay/", ReplayPolicy.as_view(), name="api-policies-replay"),
    path("policies/<int:policy_id>/", OnePolicy.as_view(), name="api-policy"),
    path("policy-decisions/", ListDecisions.as_view(), name="api-decisions"),
    path("policy-decisions/<uuid:decision_id>/", ReadDecision.as_view(), name="api-decision"),
    path("recommendations/", Recommendations.as_view(), name="api-recommendations"),
    path(
        "recommendations/<uuid:recommendation_id>/",
        ReadRecommendation.as_view(),
        name="api-recommendation",
    ),
    path(
        "recommendations/<uuid:recommendation_id>/apply/",
        ApplyRecommendation.as_view(),
        name="api-recommendation-apply",
    ),
    path(
        "recommendations/<uuid:recommendation_id>/dismiss/",
        DismissRecommendation.as_view(),
        name="api-recommendation-dismiss",
    ),
    path(
        "recommendations/<uuid:recommendation_id>/revert/",
        RevertRecommendation.as_view(),
        name="api-recommendation-revert",
    ),
    path("tuning/analyses/", Analyses.as_view(), name="api-analyses"),
    path("tuning/analyses/<uuid:analysis_id>/", ReadAnalysis.as_view(), name="api-analysis"),
    path("tuning/proposals/", Proposals.as_view(), name="api-tuning-proposals"),
    path(
        "tuning/proposals/<uuid:proposal_id>/", ReadProposal.as_view(), name="api-tuning-proposal"
    ),
    path(
        "tuning/proposals/<uuid:proposal_id>/model/",
        RegisterModel.as_view(),
        name="api-tuning-model",
    ),
    path("tuning/data-sets/", Datasets.as_view(), name="api-data-sets"),
    path("tuning/data-sets/<uuid:dataset_id>/", ReadDataset.as_view(), name="api-data-set"),
    path(
        "tuning/data-sets/<uuid:dataset_id>/<slug:form>/<slug:part>/",
        DownloadDataset.as_view(),
        name="api-data-set-file",
    ),
    path("tuning/assumptions/", ManageAssumptions.as_view(), name="api-assumptions"),
    path("learning/", ReadLearning.as_view(), name="api-learning"),
    path("learning/sharing/", Sharing.as_view(), name="api-sharing"),
    path("webhook-secret/", ReadWebhookSecret.as_view(), name="api-webhook-secret"),
]

urlpatterns = [*page_patterns, path("api/v1/", include(api_patterns))]
