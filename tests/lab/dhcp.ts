// Debian's own dnsmasq as the DHCP server of the machines' network: each machine gets the address that the lab's cluster.yaml has for it.
import { openUserCache } from "../../src/edge/cache.ts";
import { sandboxed } from "../../src/tools/sandbox.ts";
import { toolsTree } from "../../src/tools/tools.ts";
import { readerPrograms } from "../support/reader-programs.ts";
import type { Lab } from "./lab.ts";
import { type Neighbour, startNeighbour } from "./neighbour.ts";
import { macOf } from "./network.ts";

/** The network has to be up. */
export const startDhcp = async (lab: Lab): Promise<Neighbour> => {
  const { io, plan } = lab;
  const tree = await toolsTree(io, openUserCache(io), { suite: "trixie", packages: readerPrograms });
  const [gateway = ""] = plan.gateway.split("/");
  const leases = plan.machines.map(({ name, address }) => `--dhcp-host=${macOf(name)},${address},infinite`);
  const argv = [
    ...(["dnsmasq", "--keep-in-foreground", "--conf-file=/dev/null", "--user=", "--log-facility=-"] as const),
    ...["--pid-file=", "--leasefile-ro", "--interface=lan", "--bind-interfaces"],
    // No name server; and nobody else gives addresses here.
    ...["--port=0", "--dhcp-authoritative", "--no-ping", "--log-dhcp", `--dhcp-range=${gateway},static`],
    ...[`--dhcp-option=option:router,${gateway}`, `--dhcp-option=option:dns-server,${gateway}`],
    ...leases,
  ] as const;
  // As root it keeps the right to answer machines that have no address yet.
  const { argv: command } = sandboxed(io, tree, { doing: "giving addresses", argv, root: true, network: true });
  return startNeighbour(lab, command);
};
