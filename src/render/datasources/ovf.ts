// Properties of an OVF's environment (DMTF DSP0243, section 11), which a hypervisor hands to the machine it makes from the OVF. cloud-init
// takes six names and no others (cloudinit/sources/DataSourceOVF.py, read_ovf_environment): the values travel in the user-data.
import { toXml } from "../xml.ts";
import { base64, jsonBytes, utf8 } from "../bytes.ts";
import type { Datasource, Seed } from "./datasource.ts";
import { userDataAlone } from "./platform-user-data.ts";

const namespace = "http://schemas.dmtf.org/ovf/environment/1";

const propertiesOf = (seed: Seed): readonly (readonly [string, string])[] => [
  ["instance-id", seed.instanceId],
  ...(seed.hostname === undefined ? [] : [["local-hostname", seed.hostname] as const]),
  ["network-config", base64(seed.nestedNetworkConfig())],
  ["user-data", base64(seed.gzip(userDataAlone(seed)))],
];

const environment = (properties: readonly (readonly [string, string])[]): string =>
  toXml({
    name: "Environment",
    attributes: { xmlns: namespace, "xmlns:oe": namespace },
    children: [
      {
        name: "PropertySection",
        children: properties.map(([key, value]) => ({
          name: "Property",
          attributes: { "oe:key": key, "oe:value": value },
        })),
      },
    ],
  });

export const ovf: Datasource = {
  name: "ovf",
  files: (seed) => {
    const properties = propertiesOf(seed);
    const mapping = properties.map(([key, value]) => ({ Key: key, Value: value }));
    return [
      { path: "ovf/ovf-env.xml", bytes: utf8(environment(properties)) },
      // As `govc import.spec` writes it and `govc import.ova -options` reads it.
      { path: "ovf/options.json", bytes: jsonBytes({ Name: seed.node.name, PropertyMapping: mapping }) },
    ];
  },
};
