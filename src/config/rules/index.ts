// What a cluster.yaml of the right shape may still get wrong: one function a rule, each on its own, all of them always run.
// A rule is one function, one line here and one fixture pair in tests/diagnostics/.
import {
  badAddress,
  duplicateAddress,
  oneFamily,
  outsideNetwork,
  sameFamilyTwice,
  specialAddress,
  withoutNetwork,
} from "./addresses.ts";
import type { Rule } from "./context.ts";
import { endpointForm, endpointHolder, endpointNetwork, endpointPort, missingEndpoint } from "./endpoint.ts";
import { bugsOfVersion, unknownVersion, mirrorFolder } from "./kubernetes.ts";
import { kubeletLabels, labelSyntax, loadBalancerLabels, taintSyntax } from "./labels.ts";
import { loadBalancerUnused, loadBalancersWithoutAddress, mastersBehindLoadBalancer } from "./load-balancers.ts";
import { renewal, snapshotInterval, uploadCommand } from "./maintenance.ts";
import { manifestTwice, manifestsUnused } from "./manifests.ts";
import { evenMasters, initCount, pooledInit } from "./masters.ts";
import { badMac, duplicateMac, duplicateName, reservedName } from "./names.ts";
import { badDns, badDomain, badGateway, noGateway, noNameServer } from "./neighbours.ts";
import { badCidr, families, networkOverlap, podNetworkSize, serviceNetworkSize } from "./networks.ts";
import {
  argumentLists,
  cloudConfigForm,
  ownedArguments,
  ownedFields,
  ownedFiles,
  patchesFolder,
  withoutEffect,
} from "./pass-through.ts";
import { configDriveInterface, seedUrl, sharedAddressOnCloud, vmwareToolsInImage } from "./platform.ts";
import { imageCarriesRole, roleIsOfNodes, unknownImage, unknownRole, unusedRole } from "./roles.ts";

export const rules: readonly Rule[] = [
  // the library
  unknownRole,
  roleIsOfNodes,
  unusedRole,
  unknownImage,
  imageCarriesRole,
  unknownVersion,
  mirrorFolder,
  bugsOfVersion,
  // names
  duplicateName,
  reservedName,
  badMac,
  duplicateMac,
  labelSyntax,
  kubeletLabels,
  taintSyntax,
  loadBalancerLabels,
  // addresses
  badAddress,
  specialAddress,
  duplicateAddress,
  sameFamilyTwice,
  withoutNetwork,
  outsideNetwork,
  oneFamily,
  // networks
  badCidr,
  networkOverlap,
  families,
  serviceNetworkSize,
  podNetworkSize,
  badGateway,
  noGateway,
  badDns,
  noNameServer,
  badDomain,
  manifestTwice,
  manifestsUnused,
  // the control plane
  initCount,
  pooledInit,
  evenMasters,
  missingEndpoint,
  endpointForm,
  endpointNetwork,
  endpointHolder,
  endpointPort,
  mastersBehindLoadBalancer,
  loadBalancersWithoutAddress,
  loadBalancerUnused,
  snapshotInterval,
  uploadCommand,
  renewal,
  // the platform
  seedUrl,
  configDriveInterface,
  sharedAddressOnCloud,
  vmwareToolsInImage,
  // pass-through
  ownedFields,
  ownedFiles,
  ownedArguments,
  patchesFolder,
  argumentLists,
  cloudConfigForm,
  withoutEffect,
];
