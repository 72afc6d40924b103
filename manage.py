#!/usr/bin/env python
import os
import sys

from creditportal.settings.environment import use_owner_role


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "creditportal.settings.dev")
    use_owner_role(sys.argv[1] if len(sys.argv) > 1 else "")
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import execute_from_command_line
    from django.db import OperationalError

    try:
        execute_from_command_line(sys.argv)
    except (ImproperlyConfigured, OperationalError) as error:  # said in a sentence: the stack helps nobody mend it
        if "--traceback" in sys.argv:
            raise
        sys.exit(f"{type(error).__name__}: {error}")


if __name__ == "__main__":
    main()
