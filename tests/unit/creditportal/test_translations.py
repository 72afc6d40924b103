import gettext
from pathlib import Path

from creditportal.translations import compile_changed

SOURCE = 'msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8\\n"\n\nmsgid "decline"\nmsgstr "refuser"\n'


def test_changed_translation_is_compiled_once(tmp_path: Path) -> None:
    messages = tmp_path / "fr" / "LC_MESSAGES"
    messages.mkdir(parents=True)
    (messages / "django.po").write_text(SOURCE)
    assert len(compile_changed(tmp_path)) == 1
    assert gettext.translation("django", tmp_path, ["fr"]).gettext("decline") == "refuser"
    assert compile_changed(tmp_path) == []
