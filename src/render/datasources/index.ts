// The ways in which a seed comes to cloud-init. To add one: its name in src/model.ts, a file, and a line here.
import type { DatasourceName } from "../../model.ts";
import { azure } from "./azure.ts";
import { configDrive } from "./config-drive.ts";
import type { Datasource } from "./datasource.ts";
import { digitalOcean } from "./digitalocean.ts";
import { ec2 } from "./ec2.ts";
import { gce } from "./gce.ts";
import { hetzner } from "./hetzner.ts";
import { nocloud } from "./nocloud.ts";
import { nocloudHttp } from "./nocloud-http.ts";
import { nocloudVfat } from "./nocloud-vfat.ts";
import { openstack } from "./openstack.ts";
import { ovf } from "./ovf.ts";
import { proxmox } from "./proxmox.ts";
import { userDataOnly } from "./user-data.ts";
import { vmware } from "./vmware.ts";
import { vultr } from "./vultr.ts";

export const datasources = [
  nocloud,
  nocloudVfat,
  nocloudHttp,
  proxmox,
  vmware,
  ovf,
  configDrive,
  openstack,
  ec2,
  gce,
  azure,
  hetzner,
  digitalOcean,
  vultr,
  userDataOnly,
] as const satisfies readonly Datasource[];

const byName: ReadonlyMap<DatasourceName, Datasource> = new Map(datasources.map((each) => [each.name, each]));

export const datasourceOf = (name: DatasourceName): Datasource => {
  const found = byName.get(name);
  if (found === undefined) throw new Error(`no datasource has the name ${name}`);
  return found;
};
