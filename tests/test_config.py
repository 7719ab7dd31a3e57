"""Settings from files, environment and program."""

from __future__ import annotations

import pytest

from treadle import config
from treadle.errors import ConfigError


@pytest.fixture(autouse=True)
def fresh():
    config.refresh(environ={}, paths=[])
    yield
    config.refresh()


def test_defaults_hold_where_nothing_was_said():
    assert config.get("scheduler") == "threads"
    assert config.get("num_workers") is None


def test_later_sources_win(tmp_path):
    (tmp_path / "a.toml").write_text('scheduler = "sync"\nnum_workers = 3\n[progress]\nafter = 2\n')
    (tmp_path / "b.toml").write_text("num_workers = 4\n")

    config.refresh(environ={"TREADLE_NUM_WORKERS": "5"}, paths=[tmp_path])

    assert config.get("scheduler") == "sync"
    assert config.get("progress.after") == 2
    assert config.get("num_workers") == 5
    with config.set(num_workers=6):
        assert config.get("num_workers") == 6
    assert config.get("num_workers") == 5


def test_a_file_named_in_the_environment_is_read(tmp_path):
    file = tmp_path / "mine.toml"
    file.write_text("telemetry = false\n")

    config.refresh(environ={"TREADLE_CONFIG": str(file), "HOME": str(tmp_path)})

    assert config.get("telemetry") is False


def test_two_underscores_stand_for_a_dot():
    config.refresh(environ={"TREADLE_PROGRESS__AFTER": "1.5"}, paths=[])
    assert config.get("progress.after") == 1.5

    with config.set(progress__after=3):
        assert config.get("progress.after") == 3


def test_blocks_nest_and_set_alone_is_for_good():
    config.set(scheduler="sync")
    with config.set({"num_workers": 1}), config.set({"num_workers": 2}):
        assert config.get("num_workers") == 2
    assert config.get("num_workers") is None
    assert config.get("scheduler") == "sync"


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (
            {"schedule": "sync"},
            "unknown setting 'schedule' in config.set; did you mean 'scheduler'",
        ),
        ({"zzz": 1}, "unknown setting 'zzz'.*known are scheduler"),
        ({"scheduler": 3}, "'scheduler' in config.set must be str, not 3"),
        ({"num_workers": 0}, "must be at least 1, not 0"),
        ({"num_workers": True}, "must be int or None, not True"),
        ({"telemetry": "yes"}, "must be bool, not 'yes'"),
    ],
)
def test_wrong_settings_are_refused_and_change_nothing(settings, message):
    with pytest.raises(ConfigError, match=message):
        config.set({"num_workers": 7, **settings})
    assert config.get("num_workers") is None


def test_wrong_files_and_variables_are_named(tmp_path):
    broken = tmp_path / "broken.toml"
    broken.write_text("scheduler = ")
    with pytest.raises(ConfigError, match=r"can't read the settings in .*broken\.toml"):
        config.refresh(environ={}, paths=[broken])
    with pytest.raises(ConfigError, match="environment variable TREADLE_NUM_WORKERS"):
        config.refresh(environ={"TREADLE_NUM_WORKERS": "many"}, paths=[])


def test_a_variable_nobody_knows_is_told_and_left_alone():
    with pytest.warns(UserWarning, match="TREADLE_SHEDULER; did you mean 'scheduler'"):
        config.refresh(environ={"TREADLE_SHEDULER": "sync", "TREADLE_NUM_WORKERS": "2"}, paths=[])

    assert config.get("scheduler") == "threads"
    assert config.get("num_workers") == 2


def test_an_unknown_setting_cannot_be_asked_for():
    with pytest.raises(ConfigError, match="did you mean 'telemetry'"):
        config.get("telemetri")
