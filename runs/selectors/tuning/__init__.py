"""What is known of failed attempts, of what could be learned from, and of what that would cost."""
