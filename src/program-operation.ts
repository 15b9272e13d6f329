// The verbs for a cluster that runs, or is about to: who may come in, how it does, what is to be mended.
import type { Command } from "commander";
import { clusterArgument, collect, seedsFolderOption, serverOption, trusting } from "./program-options.ts";

const tokenExamples = `
Examples:
  kimg token                                       prints a token for a worker
  kimg token --render                              puts a new token into the seeds of all workers
  kimg token --node cp2 --render                   puts a new token into the seeds of all masters
  kimg token --offline --node worker7 --render     puts a certificate into the seed of worker7`;

const addKubeconfig = (program: Command): void => {
  trusting(
    program
      .command("kubeconfig")
      .summary("make access to the cluster for a person, offline")
      .description(
        "Signs a client certificate with the cluster's CA and prints a kubeconfig with it, or writes it to a file of mode 0600. Asks the cluster nothing.",
      )
      .argument(...clusterArgument)
      .requiredOption("--user <name>", "who it is for, as the cluster's audit log will name them")
      .option(
        "--group <group>",
        "what they may do; may be given more than once; kubeadm:cluster-admins (everything) when not given",
        collect,
        [],
      )
      .option("--ttl <time>", "how long it is good, such as 90m, 8h or 7d: it cannot be taken back before", "8h")
      .addOption(serverOption())
      .option("--output <file>", "file to make, never overwritten; standard output when not given"),
  );
};

const addSeal = (program: Command): void => {
  trusting(
    program
      .command("seal")
      .summary("say that the cluster stands: no seed can make another")
      .description(
        "Writes `clusterState: existing` into cluster.yaml, whose comments and layout stay as they are, and renders the seeds again: from then on they can only join. Says what it will do and asks first.",
      )
      .argument(...clusterArgument)
      .option("--dry-run", "say what would be done, and do nothing")
      .option("--yes", "do not ask")
      .addOption(seedsFolderOption()),
  );
};

const addStatus = (program: Command): void => {
  trusting(
    program
      .command("status")
      .summary("hold the running cluster against cluster.yaml")
      .description(
        "Asks the API for nodes, versions, etcd members, certificates and CoreDNS, and says what is wrong. Exit code 0 when the cluster is healthy, 1 when it is not, 3 when it does not answer.",
      )
      .argument(...clusterArgument)
      .addOption(serverOption()),
  );
};

const addToken = (program: Command): void => {
  trusting(
    program
      .command("token")
      .summary("mint a join token, with the API or offline")
      .description(
        "Mints a join token and makes it known to the cluster, for machines that come after the first day. Prints it, or puts it into the seeds. Offline it is a kubeconfig with a client certificate for one node or pool, signed with the cluster's CA.",
      )
      .argument(...clusterArgument)
      .option("--node <name>", "node or pool that it is for; workers when not given")
      .option("--ttl <time>", "how long it is good, such as 90m, 8h or 7d", "24h")
      .option("--offline", "ask the cluster nothing; needs --node. It cannot be taken back before its time is over")
      .option(
        "--render",
        "put it into the seeds, and print no secret; offline on its own where the API cannot be reached",
      )
      .addOption(serverOption())
      .addOption(seedsFolderOption()),
  ).addHelpText("after", tokenExamples);
};

const addReplace = (program: Command): void => {
  trusting(
    program
      .command("replace")
      .summary("make room for a machine that takes a dead one's place")
      .description(
        "Removes a dead machine from the cluster (a master's etcd member only where the others keep their quorum; the Node), mints a token, and renders the seed of the machine that comes in its place. Says what it will do and asks first. Can be run again.",
      )
      .argument("<node>", "a node of cluster.yaml, switched off")
      .argument(...clusterArgument)
      .option("--ttl <time>", "how long the new machine has to join", "24h")
      .option("--dry-run", "say what would be done, and do nothing")
      .option("--yes", "do not ask")
      .addOption(serverOption())
      .addOption(seedsFolderOption()),
  );
};

const addRecover = (program: Command): void => {
  trusting(
    program
      .command("recover")
      .summary("etcd's quorum is lost: begin again from a snapshot on one master")
      .description(
        "Writes a seed and a drive with which one master restores a snapshot of etcd and makes the control plane again, once; the other masters join it with their ordinary seeds. Says what it will do and asks first. What the cluster wrote after the snapshot is lost.",
      )
      .argument(...clusterArgument)
      .requiredOption("--node <name>", "the master that begins again, with a new image")
      .requiredOption(
        "--snapshot <file>",
        "a snapshot of etcd, as the masters take them or as etcdctl snapshot save does",
      )
      .option("--ttl <time>", "how long the seed may begin it", "24h")
      .option("--dry-run", "say what would be done, and do nothing")
      .option("--yes", "do not ask")
      .addOption(serverOption())
      .addOption(seedsFolderOption()),
  );
};

export const addOperationCommands = (program: Command): void => {
  addKubeconfig(program);
  addSeal(program);
  addStatus(program);
  addToken(program);
  addReplace(program);
  addRecover(program);
};
