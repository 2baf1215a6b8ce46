"""A contract of import-linter: what says that it is PURE reaches no forbidden module, not through any other module either."""

from importlinter import Contract, ContractCheck, fields, output

from checks.tree import MODULES, dotted, is_pure


class PureContract(Contract):
    """Takes the PURE modules from the tree, so that no list of them has to be kept."""

    type_name = "pure"

    forbidden_modules = fields.SetField(subfield=fields.StringField())

    def check(self, graph, verbose):  # noqa: ARG002 - the signature of the base
        """Whether no import leads to a forbidden module."""
        chains = list(impure_chains(graph, map(dotted, filter(is_pure, MODULES)), self.forbidden_modules))
        return ContractCheck(kept=not chains, metadata={"chains": chains})

    def render_broken_contract(self, check):
        """Print each way to a forbidden module."""
        for chain in check.metadata["chains"]:
            output.print_error(f"- {' -> '.join(chain)}")


def impure_chains(graph, pure, forbidden):
    """The shortest way from each pure module to each forbidden module that it reaches.

    Args:
        graph: All imports.
        pure: Names of modules.
        forbidden: Names of modules.
    """
    for module in pure:
        for reached in sorted(graph.find_upstream_modules(module) & set(forbidden)):
            yield graph.find_shortest_chain(module, reached)
