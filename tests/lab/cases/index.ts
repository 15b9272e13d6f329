// The cases, in the order in which `case all` runs them: those that a formed cluster survives come after one that forms it.
import type { Case } from "../scene.ts";
import { loadBalancerKilled, masterKilled } from "./failover.ts";
import { addressesByDhcp, form, loadBalancersLast, workersFirst } from "./forming.ts";
import { harnessKilled } from "./harness.ts";
import { certificates, snapshots } from "./maintenance.ts";
import { agentKilled, interrupted, powerCuts } from "./interruptions.ts";
import { initNodeMoved, initNodeReimaged, onlyPeersAnswer, otherAuthority, sealedSeed } from "./once-only.ts";
import { pods } from "./pods.ts";
import { refused } from "./refusals.ts";
import { nodeReplaced } from "./replaced.ts";
import { powerOffAll, rebootEach } from "./power.ts";
import { quorumLost } from "./quorum-lost.ts";
import { secretsErased } from "./secrets.ts";
import { workloads } from "./workloads.ts";

export const cases: readonly Case[] = [
  form,
  secretsErased,
  pods,
  workloads,
  rebootEach,
  powerOffAll,
  masterKilled,
  loadBalancerKilled,
  certificates,
  snapshots,
  onlyPeersAnswer,
  nodeReplaced,
  refused,
  initNodeReimaged,
  initNodeMoved,
  quorumLost,
  loadBalancersLast,
  workersFirst,
  addressesByDhcp,
  interrupted,
  agentKilled,
  powerCuts,
  sealedSeed,
  otherAuthority,
  harnessKilled,
];
