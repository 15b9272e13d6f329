// Where the machines run must be able to tell them what their seeds have to say.
import type { Path } from "../../diagnostic.ts";
import type { DatasourceName } from "../../model.ts";
import { parseAddress } from "../address.ts";
import type { Config } from "../schema.ts";
import type { Rule } from "./context.ts";
import { error, loadBalancersOf, warning } from "./context.ts";

const urlPath: Path = ["platform", "seedUrl"];

export const seedUrl: Rule = ({ config: { platform } }) => {
  const served = platform.datasource.includes("nocloud-http");
  if (served && platform.seedUrl === undefined) {
    const message = "the seeds of nocloud-http have no URL: where does a machine read its own?";
    return [error("platform/no-seed-url", message, urlPath, "write platform: { seedUrl: http://HOST/ }")];
  }
  if (served || platform.seedUrl === undefined) return [];
  const message = "platform.seedUrl has no effect: only the seeds of nocloud-http are served";
  return [warning("platform/seed-url-unused", message, urlPath, "remove it, or add nocloud-http to the datasources")];
};

/** Platforms that tell their machines addresses, routes and name servers themselves. */
const clouds: readonly DatasourceName[] = ["ec2", "gce", "azure", "openstack", "hetzner", "digitalocean", "vultr"];
const networked: readonly DatasourceName[] = [...clouds, "user-data"];

/** No seed does: what it would say has no need to be there. */
export const platformTellsNetwork = ({ platform }: Config): boolean =>
  platform.datasource.every((name) => networked.includes(name));

/** network_data.json names an interface by its MAC address alone (cloudinit/sources/helpers/openstack.py, convert_net_json). */
export const configDriveInterface: Rule = ({ config, machines }) => {
  if (!config.platform.datasource.includes("config-drive")) return [];
  return machines
    .filter(({ addresses, mac }) => addresses.length > 0 && mac === undefined)
    .map(({ name, path }) => {
      const message = `${name} has an address, and a config-drive cannot say of which interface: it has no MAC address`;
      return error("platform/no-mac", message, [...path, "address"], "give it mac:, or leave its address to DHCP");
    });
};

const vmwareTools = "open-vm-tools";

/** cloud-init asks its vmware-rpctool or vmtoolsd (cloudinit/sources/DataSourceVMware.py). */
export const vmwareToolsInImage: Rule = ({ config, machines }) => {
  if (!config.platform.datasource.includes("vmware")) return [];
  const lacking = machines.flatMap(({ image, role }) =>
    image === undefined || role === undefined || [...image.packages, ...role.packages].includes(vmwareTools)
      ? []
      : [image.name],
  );
  return [...new Set(lacking)].map((name) => {
    const message = `the image ${name} has no ${vmwareTools}, without which cloud-init finds no seed on VMware`;
    return warning("platform/no-vmware-tools", message, ["platform", "datasource"], `add it to the image's packages`);
  });
};

/** Networks of clouds deliver no multicast, and let no machine answer for an address that is not its own. */
export const sharedAddressOnCloud: Rule = ({ config, machines, endpoint }) => {
  const cloud = config.platform.datasource.find((name) => clouds.includes(name));
  const address = endpoint === undefined ? undefined : parseAddress(endpoint.host);
  const balancers = loadBalancersOf(machines);
  const own = balancers.flatMap(({ addresses }) => addresses.map(({ text }) => text));
  if (cloud === undefined || address === undefined || own.length === 0 || own.includes(address.text)) return [];
  const message = `the load balancers share ${address.text} by VRRP, which networks of ${cloud} do not carry as they are`;
  const hint = "use the cloud's load balancer as the endpoint, or let its network give this address to them";
  return [warning("platform/vrrp", message, ["endpoint", "host"], hint)];
};
