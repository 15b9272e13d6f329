// OpenStack's configuration drive, made without OpenStack (https://docs.openstack.org/nova/latest/admin/config-drive.html): cloud-init keeps
// keys of meta_data.json that it does not know, so that ours are where a NoCloud seed has them.
import { parseAddress, parseCidr } from "../../config/address.ts";
import type { JsonValue } from "../../model.ts";
import { iso9660 } from "../iso9660.ts";
import { ipVersions } from "../network-config.ts";
import { jsonBytes } from "../bytes.ts";
import type { Datasource, Seed } from "./datasource.ts";

/** cloud-init looks for a volume of this name. */
const volume = "CONFIG-2";
const folder = "openstack/latest";

const metaData = ({ instanceId, hostname, kimg }: Seed): JsonValue => ({
  uuid: instanceId,
  ...(hostname === undefined ? {} : { hostname, name: hostname }),
  kimg,
});

const anyAddress = { IPv4: { network: "0.0.0.0", netmask: "0.0.0.0" }, IPv6: { network: "::", netmask: "::" } };

const fixedNetwork = ({ network }: Seed, address: string, index: number): JsonValue => {
  const family = parseCidr(address)?.family ?? "IPv4";
  const gateway = network.gateways.find((via) => parseAddress(via)?.family === family);
  return {
    id: `network${index}`,
    link: "node",
    type: family === "IPv4" ? "ipv4" : "ipv6",
    ip_address: address,
    ...(gateway === undefined ? {} : { routes: [{ ...anyAddress[family], gateway }] }),
  };
};

/** Of a machine whose interface is known. The others are left to cloud-init's own: DHCP on the first interface. */
const networkData = (seed: Seed): JsonValue | undefined => {
  const { node, network } = seed;
  if (node.mac === undefined) return undefined;
  const { ipv6 } = ipVersions(network);
  const dynamic = [
    { id: "network0", link: "node", type: "ipv4_dhcp" },
    ...(ipv6 ? [{ id: "network1", link: "node", type: "ipv6_dhcp" }] : []),
  ];
  return {
    links: [{ id: "node", type: "phy", ethernet_mac_address: node.mac }],
    networks:
      node.addresses.length === 0 ? dynamic : node.addresses.map((address, at) => fixedNetwork(seed, address, at)),
    services: node.addresses.length === 0 ? [] : network.dns.map((address) => ({ type: "dns", address })),
  };
};

export const configDrive: Datasource = {
  name: "config-drive",
  files: (seed) => {
    const network = networkData(seed);
    const files = [
      { name: `${folder}/meta_data.json`, bytes: jsonBytes(metaData(seed)) },
      ...(network === undefined ? [] : [{ name: `${folder}/network_data.json`, bytes: jsonBytes(network) }]),
      { name: `${folder}/user_data`, bytes: seed.userData },
    ];
    const image = iso9660(
      volume,
      files.map((file) => ({ ...file, mode: 0o400 })),
    );
    return [
      ...files.map(({ name, bytes }) => ({ path: `config-drive/${name}`, bytes })),
      { path: "config-drive.iso", bytes: image },
    ];
  },
};
