"""Cases of promtool's tests, those of each alert beside the rules alone that it comes from.

promtool evaluates in each case all rules that it is given, twice a minute for hours: with all of them that takes fifteen times
as long. What an alert does depends on its own rule, and on what that asks of rules that record.
"""

import yaml

from tests.deploy.rule_files import expressions, load, selectors

KNOWN = {"name", "interval", "input_series", "alert_rule_test"}
"""What a case may consist of: anything else may need more rules."""


def narrow(path, groups, folder):
    """Write the cases of one file as many files.

    Args:
        path: The file as it is shipped.
        groups: Of all rules that are to be tested.
        folder: Where to write.

    Returns:
        The files that promtool is to play.
    """
    shipped, cases, written = load(path), {}, []
    for case in shipped["tests"]:
        assert case.keys() <= KNOWN
        cases.setdefault(frozenset(one["alertname"] for one in case["alert_rule_test"]), []).append(case)
    for alerts, own in cases.items():
        name, needed = "-".join(sorted(alerts)), _needed(alerts, groups)
        order = [group["name"] for group in needed]
        played = {"rule_files": [f"{name}.rules"], "group_eval_order": order, "tests": own}
        (folder / f"{name}.rules").write_text(yaml.safe_dump({"groups": needed}))
        written.append(folder / f"{name}.yml")
        written[-1].write_text(yaml.safe_dump(shipped | played))
    return written


def _needed(alerts, groups):
    """The groups with nothing but the rules that these alerts come from, by way of others too."""
    rules = [rule for group in groups for rule in group["rules"]]
    recorded = {rule["record"]: rule for rule in rules if "record" in rule}
    found = [rule for rule in rules if rule.get("alert") in alerts]
    for rule in found:  # it grows
        named = {name for expression in expressions(rule) for name, _ in selectors(expression)}
        found += [recorded[name] for name in named & recorded.keys() if recorded[name] not in found]
    kept = [group | {"rules": [rule for rule in group["rules"] if rule in found]} for group in groups]
    return [group for group in kept if group["rules"]]
