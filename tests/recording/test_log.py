"""Lines of the log: ours, and the program's own."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from poolscope.workloads.recorder.layout import LOG_MARK, LOG_SEPARATOR
from poolscope.workloads.recording.log import LINE_LIMIT, PIECE_LIMIT, LogLine, LogParser, parse_log


def logged(text: str, time: int = 5, level: int = 20, pid: int = 42, process: str = "ForkPoolWorker-1") -> bytes:
    """A line as the recorder writes it."""
    return (LOG_MARK + LOG_SEPARATOR.join((str(time), str(level), str(pid), process, text)) + "\n").encode()


def own(text: str, stream: str = "err") -> LogLine:
    return LogLine(9, 0, stream, None, "", text)


def parse(data: bytes) -> list[LogLine]:
    return parse_log(data, "err", 9)


def test_a_line_of_the_log() -> None:
    assert parse(logged("child process calling self.run()")) == [
        LogLine(5, 20, "log", 42, "ForkPoolWorker-1", "child process calling self.run()")
    ]


def test_a_programs_own_lines() -> None:
    assert parse_log(b"one\n\ntwo\r\nthree", "out", 9) == [own(text, "out") for text in ("one", "", "two", "three")]


def test_our_line_after_a_programs_partial_one() -> None:
    assert parse(b"50 % " + logged("hello") + b"100 %\n") == [
        own("50 % "),
        LogLine(5, 20, "log", 42, "ForkPoolWorker-1", "hello"),
        own("100 %"),
    ]


def test_escapes_are_undone_and_shown() -> None:
    (line,) = parse(logged(r"one\ntwo\\n\\\nend\r", process=r"a\nb"))
    assert line.text == r"one␊two\n\␊end␍"
    assert line.process == "a␊b"


@pytest.mark.parametrize(
    "data",
    [
        b"\x1e",
        b"\x1ehello",
        b"\x1e1\x1f2\x1f3",
        b"\x1ex\x1f20\x1f42\x1fp\x1ftext",
        b"\x1e5\x1f-20\x1f42\x1fp\x1ftext",
        b"\x1e5\x1f20\x1f" + b"4" * 30 + b"\x1fp\x1ftext",
    ],
)
def test_what_only_looks_like_ours_is_the_programs_own(data: bytes) -> None:
    (line,) = parse(data)
    assert line.level == 0
    assert line.text.startswith("␞")


def test_what_a_terminal_would_show_of_a_progress_bar() -> None:
    assert parse(b" 10 %\r 50 %\r100 %\n") == [own("100 %")]
    assert parse(b" 10 %\r100 %\r\n") == [own("100 %")]


def test_bytes_that_are_no_text() -> None:
    assert parse(b"\xff\x1b[2J\x00\n") == [own("�␛[2J␀")]
    assert parse(logged("x").replace(b"x", b"\xfe"))[0].text == "�"


def test_ten_megabytes_without_a_line_end_come_in_capped_pieces() -> None:
    parser = LogParser("out")
    lines = []
    for _ in range(160):
        lines += parser.feed(b"x" * 65_536, 9)
        assert len(parser.waiting) <= PIECE_LIMIT
    lines += parser.finish(9)
    assert len(lines) == 160
    assert all(len(line.text) == LINE_LIMIT for line in lines)
    assert lines[0].text.endswith("…+61447")


_PIECES = st.lists(
    st.one_of(
        st.binary(max_size=20),
        st.sampled_from([b"\n", b"\r", b"\x1e", b"\x1f", "é".encode(), b"\\n", b"\\"]),
        st.builds(logged, st.text(max_size=10), st.integers(0, 10**18), st.integers(0, 50), st.integers(0, 10**6)),
    ),
    max_size=12,
)


@settings(deadline=None)
@given(_PIECES, st.data())
def test_lines_may_be_split_over_reads_anywhere(pieces: list[bytes], data: st.DataObject) -> None:
    content = b"".join(pieces)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(content)), max_size=6)))
    parser = LogParser("err")
    lines = []
    for begin, end in zip([0, *cuts], [*cuts, len(content)], strict=True):
        lines += parser.feed(content[begin:end], 9)
    lines += parser.finish(9)
    assert lines == parse(content)
    for line in lines:
        assert line.text.isprintable()
        assert line.process.isprintable()


@settings(deadline=None)
@given(st.text(max_size=50), st.text(max_size=20))
def test_the_recorders_escapes_come_back(text: str, name: str) -> None:
    escaped = text.replace("\\", "\\\\").replace("\n", "\\n").replace("\r", "\\r").replace(LOG_MARK, " ")
    (line,) = parse(logged(escaped, process=name.translate({10: None, 13: None, 92: None, 30: None, 31: None})))
    from poolscope.workloads.text import clean

    assert line.text == clean(text.replace(LOG_MARK, " ").encode("utf-8", "backslashreplace"), LINE_LIMIT)


def test_the_name_of_a_process_is_capped() -> None:
    (line,) = parse(logged("x", process="p" * 5000))
    assert len(line.process) == 64
