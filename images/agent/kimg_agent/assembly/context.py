"""What preflight has found out and every later phase needs."""

from __future__ import annotations

from dataclasses import dataclass

from kimg_agent.seed.node import Address, Node


@dataclass(frozen=True)
class Context:
    node: Node
    # The name that this machine has in the cluster.
    name: str
    # The one CA that is trusted.
    ca_pem: str
    # Such as "1.37.2", as image.json says.
    kubernetes: str
    # This machine's own.
    addresses: tuple[Address, ...]

    @property
    def other_masters(self) -> tuple[str, ...]:
        """Their addresses, as far as the seed has them."""
        return tuple(str(address) for address in self.node.peers if address not in self.addresses)

    @property
    def unnamed_masters(self) -> int:
        """How many other masters there may be whose addresses nobody knows."""
        return max(0, self.node.masters - 1 - len(self.other_masters))
