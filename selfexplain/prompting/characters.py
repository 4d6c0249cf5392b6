"""One form for characters that mean the same, each still tied to its place in the raw reply."""

import bisect
import html
import re
import unicodedata

from selfexplain.prompting.final_text import Located

MARKS = "\u0300-\u036f\u1160-\u11ff\u3099\u309a\uff9e\uff9f"
CLUSTER = re.compile(rf"(?:[^\x00-\x7f]|[A-Za-z](?=[{MARKS}]))[{MARKS}]{{0,8}}|[\t\r\x0b\x0c\x1c-\x1f]")
SINGLE = {
    **dict.fromkeys("‐‑‒–—―−﹣－⁃", "-"),
    **dict.fromkeys("～〜∼˜", "~"),
    **dict.fromkeys("\x0b\x0c\x1c\x1d\x1f\x85\u2028\u2029", "\n"),
    **dict.fromkeys("’‘ʼ′", "'"),
    "\x1e": "\n",  # final_text.BREAK: a value may not reach across
    "\t": " ",
    "\r": "\n",
    "٪": "%",
    "٫": ".",
    "٬": ",",
    "\u20e3": "",  # the box around a keycap digit
    "％": "%",
    "≥": ">=",
    "≧": ">=",
    "⩾": ">=",
    "≤": "<=",
    "≦": "<=",
    "⩽": "<=",
}
CRLF = re.compile(r"\r\n")
ENTITY = re.compile(r"&(?:#\d{2,6}|#[xX][0-9a-fA-F]{2,5}|[A-Za-z]{2,8});")
# A JSON string that holds an object: its quote is not escaped itself, so that each quote is looked at from one start.
OBJECT_IN_STRING = re.compile(r'(?<!\\)"\s{0,8}\{(?:[^"\\]|\\.)*+"', re.DOTALL)
ESCAPED = re.compile(r"\\[\"\\/nt]|\"")
# `*` and `_` only where Markdown would see emphasis: 8*2 and PROBABILITY_YES stay as they are.
EMPHASIS = re.compile(
    r"(?<![^\W_])\*{1,3}|\*{1,3}(?![^\W_*])|`+"
    r"|(?<![\w*])_{1,2}(?=[^\s_])|(?<=[^\s_])_{1,2}(?!\w|[ ]?%)"
    r"|</?(?:b|i|strong|em|u|code|mark|span|font)(?:\s[^<>\n]{0,60})?/?>"
    r"|\\(?=[%_*$#~\[\]()<>])",
    re.IGNORECASE,
)
# LaTeX's bold and italic type, where it dresses a label: `\textbf{Confidence:} 80`, `\textbf{Confidence}: 80`.
LATEX_LABEL = re.compile(
    r"\\(?:textbf|textit|emph|text|mathbf|mathrm|textsf|underline)\{"
    r"(?P<inside>[^{}\\\n]{0,80}:[^{}\\\n]{0,80}|[^{}\\\n]{1,80}(?=\}[ ]?[:=]))\}"
)
# A number in mathematical type: \\(95\\%\\) and $0.95$.
LATEX_NUMBER = re.compile(
    r"(?:\\[(\[]|\$)\s{0,4}(?P<inside>\d{1,3}(?:\.\d{1,6})?\s?(?:\\?%)?)\s{0,4}(?:\\[)\]]|\$)(?!\d)"
)
LATEX_FRACTION = re.compile(r"\\[dt]?frac\{[ ]?(?P<part>\d{1,4})[ ]?\}\{[ ]?(?P<of>\d{1,4})[ ]?\}")
# A tag that only ends or begins a block; one with nothing behind it in its line may be an answer.
_BLOCK = r"(?:p|div|ul|ol|li|tr|table|tbody|h[1-6])"
LINE_BREAK = re.compile(rf"<br\s?/?>|(?:</{_BLOCK}>){{1,6}}|<{_BLOCK}(?:\s[^<>\n]{{0,60}})?>(?=[\w<*])", re.IGNORECASE)
NEXT_CELL = re.compile(r"</t[dh]>\s{0,8}<t[dh](?:\s[^<>\n]{0,60})?>", re.IGNORECASE)
CELL_TAG = re.compile(r"</?t[dh](?:\s[^<>\n]{0,60})?>", re.IGNORECASE)
PLAIN_FORMS = ("<wide>", "<narrow>", "<small>", "<font>", "<fraction>", "<noBreak>", "<square>", "<vertical>")


def normalise(text: Located) -> Located:
    """Return the text in one form: NFKC, ASCII digits, one kind of dash, no invisible characters, no emphasis.

    Superscripts and circled digits stay: a footnote mark after 80 must not make it 801.

    Examples
    --------
    >>> from selfexplain.prompting.final_text import final_text
    >>> normalise(final_text("**Ｃonfidence：** ٨٠٪").located).text
    'Confidence: 80%'
    """
    if "&" in text.text:
        text = text.replace(ENTITY, lambda found: html.unescape(found[0]))
    if '\\"' in text.text:
        text = _unpacked(text)
    text = text.replace(CRLF, lambda _: "\n").replace(CLUSTER, lambda found: _plain(found[0]))
    if "<t" in text.text:
        text = text.replace(NEXT_CELL, lambda _: "|").replace(CELL_TAG, lambda _: "")
    if "\\" in text.text or "$" in text.text:
        text = text.replace(LATEX_NUMBER, lambda found: found["inside"])
    text = text.replace(LINE_BREAK, lambda _: "\n").replace(EMPHASIS, lambda _: "")
    if "\\" not in text.text:
        return text
    text = text.replace(LATEX_FRACTION, lambda found: f"{found['part']}/{found['of']}")
    return text.replace(LATEX_LABEL, lambda found: found["inside"])


def _unpacked(text: Located) -> Located:
    """Return the text with each JSON object that was written into a string as the object it is."""
    strings = [
        found.span() for found in OBJECT_IN_STRING.finditer(text.text) if found[0].rstrip('" \\nt').endswith("}")
    ]
    starts = [start for start, _ in strings]

    def unescaped(found: re.Match[str]) -> str:
        at = bisect.bisect_right(starts, found.start()) - 1
        if at < 0 or found.start() >= strings[at][1]:
            return found[0]
        return {"n": "\n", "t": " "}.get(found[0][1], found[0][1]) if len(found[0]) > 1 else ""

    return text.replace(ESCAPED, unescaped) if strings else text


def _plain(cluster: str) -> str:
    """Return one character, with its combining marks, in the form that the grammar knows."""
    if cluster in SINGLE:
        return SINGLE[cluster]
    head = cluster[0]
    digit = unicodedata.decimal(head, None)
    if digit is not None or unicodedata.category(head) == "Cf" or head in "\ufe0e\ufe0f":
        return "" if digit is None else str(digit)
    folded = unicodedata.normalize("NFKC", cluster)
    form = unicodedata.decomposition(head).partition(" ")[0]
    if form == "<fraction>":
        return " " + folded.replace("⁄", "/")  # 8½ becomes 8 1/2 and not 81/2
    numbering = form.startswith("<") and form not in PLAIN_FORMS and any(letter.isdigit() for letter in folded)
    if numbering or form in {"<super>", "<sub>", "<circle>"}:
        return cluster
    return "".join(SINGLE.get(letter, letter) for letter in folded)
