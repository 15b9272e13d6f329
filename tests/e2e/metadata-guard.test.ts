// The rules that keep pods away from the metadata service, given to Debian's own nft: they load beside other tables, and a packet that the
// machine forwards for a pod does not get through, while the machine's own does.
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { shippedFolder } from "../../src/content.ts";
import { cacheFolder, openCache } from "../../src/edge/cache.ts";
import { startProgress } from "../../src/edge/progress.ts";
import { systemIo } from "../../src/edge/system-io.ts";
import { sandboxed } from "../../src/tools/sandbox.ts";
import { toolsTree, type ToolsTree } from "../../src/tools/tools.ts";
import { withNetworkRights } from "../support/network-rights.ts";

const io = systemIo(startProgress("lines"), new AbortController().signal);
const rules = join(shippedFolder, "images/common/files/usr/lib/kimg/metadata-guard.nft");

/** A machine (the namespace it starts in), a pod and a cloud on either side of it; each answers on TCP at every address it has. */
const network = `
ip link set lo up
unshare -n sleep 120 & pod=$!
unshare -n sleep 120 & cloud=$!
sleep 0.5
pod() { nsenter -t $pod -n "$@"; }
cloud() { nsenter -t $cloud -n "$@"; }
ip link add topod type veth peer name eth0 netns $pod
ip link add tocloud type veth peer name eth0 netns $cloud
echo 1 >/proc/sys/net/ipv4/ip_forward
echo 1 >/proc/sys/net/ipv6/conf/all/forwarding
ip address add 10.244.0.1/24 dev topod; ip address add fd01::1/64 dev topod nodad; ip link set topod up
ip address add 10.0.0.21/24 dev tocloud; ip address add fd02::21/64 dev tocloud nodad; ip link set tocloud up
pod ip address add 10.244.0.2/24 dev eth0; pod ip address add fd01::2/64 dev eth0 nodad; pod ip link set eth0 up
pod ip route add default via 10.244.0.1; pod ip route add default via fd01::1
cloud ip link set lo up
cloud ip address add 10.0.0.1/24 dev eth0; cloud ip address add fd02::1/64 dev eth0 nodad; cloud ip link set eth0 up
cloud ip route add default via 10.0.0.21; cloud ip route add default via fd02::21
for address in 169.254.169.254/32 168.63.129.16/32 fd00:ec2::254/128 fd20:ce::254/128 192.0.2.1/32; do
  case $address in *:*) via=fd02::1 ;; *) via=10.0.0.1 ;; esac
  cloud ip address add $address dev lo; ip route add $address via $via
done
cloud python3 -c '
import socket, threading
def serve(port):
    with socket.create_server(("::", port), family=socket.AF_INET6, dualstack_ipv6=True) as server:
        while True: server.accept()[0].close()
for port in (80, 53): threading.Thread(target=serve, args=(port,), daemon=False).start()
' & server=$!
trap 'kill $pod $cloud $server' EXIT
`;

const probe = `
cat >/tmp/probe.py <<'PYTHON'
import socket, sys
for text in sys.argv[2:]:
    host, port = text.rsplit("/", 1)
    try:
        socket.create_connection((host, int(port)), 1.5).close()
        print(sys.argv[1], text, "reached")
    except OSError:
        print(sys.argv[1], text, "not reached")
PYTHON
`;

const targets = "169.254.169.254/80 168.63.129.16/80 fd00:ec2::254/80 fd20:ce::254/80 169.254.169.254/53 192.0.2.1/80";

describe.each(["bookworm", "trixie"])("nft of Debian's %s", (suite) => {
  let tree: ToolsTree;
  beforeAll(async () => {
    tree = await toolsTree(io, openCache(io, cacheFolder(io.environment)), {
      suite,
      packages: ["iproute2", "nftables", "python3-minimal", "util-linux"],
    });
  });

  const inNetwork = (script: string) =>
    io.processes.run(
      withNetworkRights(
        sandboxed(io, tree, {
          doing: "trying the metadata guard",
          argv: ["sh", "-euc", script],
          binds: [{ from: rules, to: "/tmp/guard.nft" }],
        }),
      ),
    );

  it("takes the rules, and takes them again, without touching another table", { timeout: 60_000 }, async () => {
    const { stdout, stderr } = await inNetwork(`
      nft -c -f /tmp/guard.nft
      nft list tables
      nft add table inet other
      nft add chain inet other forward '{ type filter hook forward priority 0; policy accept; }'
      nft -f /tmp/guard.nft
      once=$(nft list table inet kimg_metadata)
      nft -f /tmp/guard.nft
      [ "$(nft list table inet kimg_metadata)" = "$once" ]
      nft list tables`);
    expect({ stdout, stderr }).toEqual({ stdout: "table inet other\ntable inet kimg_metadata\n", stderr: "" });
  });

  it("keeps a pod from the metadata service, and nothing else from anything", { timeout: 120_000 }, async () => {
    const { stdout } = await inNetwork(`${network}${probe}
      sleep 1
      pod python3 /tmp/probe.py open ${targets}
      nft -f /tmp/guard.nft
      pod python3 /tmp/probe.py pod ${targets}
      python3 /tmp/probe.py machine ${targets}`);
    const [open, pod, machine] = ["open", "pod", "machine"].map((who) =>
      stdout
        .split("\n")
        .filter((line) => line.startsWith(`${who} `))
        .map((line) => (line.endsWith(" not reached") ? "no" : "yes")),
    );
    const all = ["yes", "yes", "yes", "yes", "yes", "yes"];
    expect({ open, pod, machine }).toEqual({ open: all, pod: ["no", "no", "no", "no", "yes", "yes"], machine: all });
  });
});
