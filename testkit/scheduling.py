"""How pytest-xdist shares the tests out: whole files, and whole folders where a start is dear."""

from xdist.scheduler import LoadFileScheduling

# All of such a folder goes to one worker. Each worker that has tests of it starts a console, a
# Chromium and every role's web session of its own, or Terraform's provider.
WHOLE_FOLDERS = ("tests/browser/", "tests/terraform/")


class ByFileOrFolder(LoadFileScheduling):
    def _split_scope(self, nodeid: str) -> str:
        folders = (folder for folder in WHOLE_FOLDERS if nodeid.startswith(folder))
        return next(folders, super()._split_scope(nodeid))
