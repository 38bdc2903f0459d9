"""The pages of runs. Views are thin: they ask a selector or a service, and show the answer."""

from __future__ import annotations

from runs.views.account import (
    ChangePassword,
    LogIn,
    session_end,
    sessions,
    sessions_end_others,
)
from runs.views.costs import costs
from runs.views.exports import costs_export
from runs.views.members import (
    invitation,
    invitation_withdraw,
    member_deactivate,
    member_role,
    members,
)
from runs.views.overview import overview
from runs.views.providers import breaker_clear, providers
from runs.views.quality import quality, quality_csv
from runs.views.run_list import home, runs
from runs.views.run_page import run
from runs.views.saved_views import view_gone, view_new
from runs.views.steering import run_cancel, run_rerun, run_resume
from runs.views.submitting import run_new
from runs.views.verdicts import task_verdict

__all__ = [
    "ChangePassword",
    "LogIn",
    "breaker_clear",
    "costs",
    "costs_export",
    "home",
    "invitation",
    "invitation_withdraw",
    "member_deactivate",
    "member_role",
    "members",
    "overview",
    "providers",
    "quality",
    "quality_csv",
    "run",
    "run_cancel",
    "run_new",
    "run_rerun",
    "run_resume",
    "runs",
    "session_end",
    "sessions",
    "sessions_end_others",
    "task_verdict",
    "view_gone",
    "view_new",
]
