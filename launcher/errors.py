"""What stops the launcher, said in French to whoever typed the command."""


class LaunchError(Exception):
    """Something is missing or refused; the message is one sentence for the person."""
