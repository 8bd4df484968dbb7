#!/usr/bin/env python3
"""Whether the texts of the status page stand out from what is behind them, in the light and in the dark scheme.

usage: contrast_test.py ROOT

WCAG 2.2: 4.5 for text (1.4.3), 3 for lines and the focus (1.4.11)."""

import re
import sys

TEXT, LINES = ("ink", "soft", "good", "bad"), ("mark",)
BEHIND = ("paper", "box")


def channels(colour):
    """Linear red, green, blue of #rgb or #rrggbb."""
    digits = colour.lstrip("#")
    if len(digits) == 3:
        digits = "".join(2 * digit for digit in digits)
    for at in (0, 2, 4):
        share = int(digits[at : at + 2], 16) / 255
        yield share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4


def luminance(colour):
    return sum(weight * share for weight, share in zip((0.2126, 0.7152, 0.0722), channels(colour)))


def ratio(one, other):
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def schemes(css):
    """The colours by name, of the light and of the dark scheme."""
    light, dark = (
        dict(re.findall(r"--(\w+): (#[0-9a-f]+)", block)) for block in re.findall(r":root \{(.*?)\}", css, re.S)
    )
    return {"light": light, "dark": light | dark}


def main(root):
    assert round(ratio("#777", "#fff"), 2) == 4.48 and round(ratio("#000", "#ffffff")) == 21
    with open(f"{root}/actors/status_page/page.html") as file:
        css = file.read().partition("<style>")[2].partition("</style>")[0]
    problems = [f"a colour without a name: {each}" for each in set(re.findall(r"(?<!-)color: (?!var|inherit)[^;]+", css))]
    for scheme, colours in schemes(css).items():
        for names, least in ((TEXT, 4.5), (LINES, 3)):
            for name in names:
                for behind in BEHIND:
                    found = ratio(colours[name], colours[behind])
                    print(f"{scheme}: {name} on {behind}: {found:.2f}")
                    if found < least:
                        problems.append(f"{scheme}: {name} on {behind} has {found:.2f}, less than {least}")
    for each in problems:
        print(each, file=sys.stderr)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
