#!/usr/bin/env python
import os
import sys

from creditportal.settings.environment import use_owner_role


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "creditportal.settings.dev")
    use_owner_role(sys.argv[1] if len(sys.argv) > 1 else "")
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
