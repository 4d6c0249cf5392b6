"""A verdict as JUnit XML, which every CI service shows: a rule is a test."""

import re
from xml.etree import ElementTree as ET

from selfexplain.pipeline.gate import Verdict
from selfexplain.report import gate_words as say
from selfexplain.report.visible import visible

ILLEGAL = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 cannot hold, not even escaped."""


def render(verdict: Verdict) -> bytes:
    """Return a verdict as JUnit XML.

    A failed rule is a failure. An inconclusive one is skipped, unless the policy counts it as failed. What cannot be
    compared is one error.
    """
    strict = verdict.policy.on_inconclusive == "fail"
    suite = ET.Element("testsuite", name=f"selfexplain gate: {legal(verdict.baseline.name)}")
    suite_name = f"selfexplain.gate.{legal(verdict.baseline.name)}"
    if verdict.why:
        case = ET.SubElement(suite, "testcase", classname=suite_name, name="comparable")
        problem = ET.SubElement(case, "error", type="not comparable", message=say.headline(verdict))
        problem.text = legal("\n".join(verdict.why))
    for rule in verdict.rules:
        case = ET.SubElement(suite, "testcase", classname=suite_name, name=legal(rule.name))
        if rule.verdict == "pass":
            continue
        message = legal(f"{say.title_of(rule.name)}: {rule.why}")
        failed = rule.verdict == "fail" or strict
        found = ET.SubElement(case, "failure" if failed else "skipped", type=rule.verdict, message=message)
        found.text = f"harm {say.harm_of(rule)}, tolerated {rule.tolerance:g}, n = {rule.n}"
    for kind, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        suite.set(kind, str(len(suite.findall(f"testcase/{tag}"))))
    suite.set("tests", str(len(suite)))
    ET.indent(suite)
    return b'<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(suite, encoding="unicode").encode("utf-8") + b"\n"


def legal(text: str) -> str:
    r"""Return a text that XML can hold: what it cannot, as its code point.

    >>> legal("a\x00b"), legal("\ufffe")
    ('a⟨U+0000⟩b', '⟨U+FFFE⟩')
    """
    return ILLEGAL.sub(lambda found: f"⟨U+{ord(found[0]):04X}⟩", visible(text))
