"""``python -m creditportal.secret_files FOLDER``: the secrets that docker-compose.yml reads, random."""

import sys
from pathlib import Path

from creditportal.embedded.layout import new_secrets


def contents() -> dict[str, str]:
    known = new_secrets()
    database = "postgres:5432/portal"
    return {
        "secret_key": known["SECRET_KEY"],
        "master_key": known["MASTER_KEY"],
        "postgres_password": known["PORTAL_OWNER_PASSWORD"],
        "portal_app_password": known["PORTAL_APP_PASSWORD"],
        "redis_password": known["VALKEY_PASSWORD"],
        "database_url": f"postgresql://portal_app:{known['PORTAL_APP_PASSWORD']}@{database}",
        "database_owner_url": f"postgresql://portal_owner:{known['PORTAL_OWNER_PASSWORD']}@{database}",
        "redis_url": f"redis://:{known['VALKEY_PASSWORD']}@redis:6379/0",
    }


def main() -> int:
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else "secrets")
    if folder.exists() and any(folder.iterdir()):
        print(f"{folder} already holds files; nothing was changed", file=sys.stderr)
        return 1
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for name, value in contents().items():
        path = folder / name
        # Compose hands the file over as it is, and the image's account must read it; the folder keeps others out
        path.touch(mode=0o644)
        path.write_text(value)
    print(f"{folder}: {len(contents())} secrets written")
    return 0


if __name__ == "__main__":
    sys.exit(main())
