// Each verb: its arguments and options, as commander parsed them → the command, and what it prints. Must hold no decision of its own.
import { userInfo } from "node:os";
import { type BuildCommandOptions, build, describeBuilt } from "./commands/build.ts";
import { type BootCommandOptions, boot } from "./commands/boot.ts";
import { buildAllWithPacker } from "./commands/build-with-packer.ts";
import { pruneCache, showCache } from "./commands/cache.ts";
import { check } from "./commands/check.ts";
import type { Confirmation } from "./commands/confirm.ts";
import { diff } from "./commands/diff.ts";
import { doctor } from "./commands/doctor.ts";
import { type ExplainOptions, explain } from "./commands/explain.ts";
import { help } from "./commands/help.ts";
import { init } from "./commands/init.ts";
import { inspect } from "./commands/inspect.ts";
import { kubeconfig } from "./commands/kubeconfig.ts";
import { type MirrorCommandOptions, mirrorCreate } from "./commands/mirror.ts";
import { names } from "./commands/names.ts";
import { type PackerCommandOptions, packer } from "./commands/packer.ts";
import { recover } from "./commands/recover.ts";
import { render, renderDifferences } from "./commands/render.ts";
import { replace } from "./commands/replace.ts";
import { seal } from "./commands/seal.ts";
import { secrets } from "./commands/secrets.ts";
import { status } from "./commands/status.ts";
import { token } from "./commands/token.ts";
import type { DiagnosticFormat } from "./diagnostic.ts";
import type { Io } from "./edge/io.ts";
import type { StageTime } from "./edge/progress.ts";
import { hiddenQuestion, question } from "./edge/terminal.ts";
import { exitCodes } from "./failure.ts";
import { type NameKind, type Shell, completions } from "./help/completion/index.ts";
import type { DatasourceName } from "./model.ts";
import { describeProgram } from "./program.ts";

/** As commander parsed and checked them: src/program.ts says which option has which type. */
export type Options = Readonly<Record<string, unknown>> & { readonly quiet?: boolean; readonly json?: boolean };

export interface Call {
  readonly io: Io;
  readonly args: readonly string[];
  readonly options: Options;
  readonly times: readonly StageTime[];
  /** Standard output shows colours. */
  readonly color: boolean;
}

const clusterOptions = ({ args, options, color }: Call, at = 0) => ({
  cluster: args[at] ?? "cluster.yaml",
  libraries: options["library"] as readonly string[],
  color,
});

const passphraseSource = ({ io, options }: Call) => {
  const ask = hiddenQuestion(io.signal);
  const file = options["passphraseFile"] as string | undefined;
  return {
    ...(file === undefined ? {} : { passphraseFile: file }),
    ...(ask === undefined ? {} : { askHidden: ask }),
  };
};

/** Options that commands with the cluster's trust have in common. */
const trustOptions = (call: Call, clusterAt = 0) => {
  const { secrets: file, server } = call.options as { secrets?: string; server?: string };
  return {
    ...clusterOptions(call, clusterAt),
    ...passphraseSource(call),
    ...(file === undefined ? {} : { secrets: file }),
    ...(server === undefined ? {} : { server }),
    json: call.options.json === true,
  };
};

const seedsOptions = ({ options }: Call) => ({ output: options["output"] as string });

const confirmation = ({ io, options }: Call): Confirmation => {
  const ask = question(io.signal);
  return {
    dryRun: options["dryRun"] === true,
    yes: options["yes"] === true,
    ...(ask === undefined ? {} : { ask }),
  };
};

/** What a verb prints on standard output, with an exit code of its own where it has one. */
type Outcome = string | { readonly text: string; readonly exitCode: number };

export const verbs: Readonly<Record<string, (call: Call) => Promise<Outcome>>> = {
  check: (call) =>
    check(call.io, {
      ...clusterOptions(call),
      format: call.options.json === true ? "json" : (call.options["format"] as DiagnosticFormat),
      programs: call.options["withPrograms"] === true,
    }),
  init: (call) => init(call.io, { ...clusterOptions(call), json: call.options.json === true }),
  secrets: (call) => {
    const { output, rotate, encrypt } = call.options as { output?: string; rotate?: string; encrypt?: boolean };
    return secrets(call.io, {
      ...clusterOptions(call),
      ...passphraseSource(call),
      ...(output === undefined ? {} : { output }),
      ...(rotate === undefined ? {} : { rotate }),
      ...(encrypt === undefined ? {} : { encrypt }),
      json: call.options.json === true,
    });
  },
  render: async (call) => {
    const { datasource, node } = call.options as {
      datasource: readonly DatasourceName[];
      node: readonly string[];
    };
    const options = {
      ...trustOptions(call),
      ...seedsOptions(call),
      ...(datasource.length === 0 ? {} : { datasources: datasource }),
      nodes: node,
    };
    if (call.options["diff"] !== true) return render(call.io, options);
    const { text, same } = await renderDifferences(call.io, options);
    return { text, exitCode: same ? 0 : exitCodes.diagnostics };
  },
  seal: (call) => seal(call.io, { ...trustOptions(call), ...seedsOptions(call), ...confirmation(call) }),
  replace: (call) =>
    replace(call.io, {
      ...trustOptions(call, 1),
      ...seedsOptions(call),
      ...confirmation(call),
      node: call.args[0] ?? "",
      ttl: call.options["ttl"] as string,
    }),
  recover: (call) => {
    const { node, snapshot, ttl } = call.options as { node: string; snapshot: string; ttl: string };
    return recover(call.io, {
      ...trustOptions(call),
      ...seedsOptions(call),
      ...confirmation(call),
      ...{ node, snapshot, ttl },
    });
  },
  status: async (call) => {
    const { text, healthy } = await status(call.io, trustOptions(call));
    return { text, exitCode: healthy ? 0 : exitCodes.diagnostics };
  },
  token: (call) => {
    const { node, ttl } = call.options as { node?: string; ttl: string };
    return token(call.io, {
      ...trustOptions(call),
      ...seedsOptions(call),
      ...(node === undefined ? {} : { node }),
      ttl,
      offline: call.options["offline"] === true,
      render: call.options["render"] === true,
    });
  },
  kubeconfig: (call) => {
    const { user, group, ttl, output } = call.options as {
      user: string;
      group: readonly string[];
      ttl: string;
      output?: string;
    };
    return kubeconfig(call.io, {
      ...trustOptions(call),
      ...{ user, ttl, groups: group.length === 0 ? ["kubeadm:cluster-admins"] : group },
      ...(output === undefined ? {} : { output }),
    });
  },
  "mirror create": ({ io, args, options }) =>
    mirrorCreate(io, { ...(options as unknown as MirrorCommandOptions), folder: args[0] ?? "" }),
  build: async ({ io, options, times }) => {
    const make = options["engine"] === "packer" ? buildAllWithPacker : build;
    const built = await make(io, options as unknown as BuildCommandOptions);
    return options.json ? JSON.stringify(built, undefined, 2) : describeBuilt(built, times);
  },
  explain: (call) => {
    const { cluster, format } = call.options as { cluster: string; format: ExplainOptions["format"] };
    const [node] = call.args;
    return explain(call.io, {
      ...clusterOptions(call),
      ...{ cluster, format: call.options.json === true && format === "text" ? "json" : format },
      ...(node === undefined ? {} : { node }),
    });
  },
  diff: async (call) => {
    const [a = "", b = ""] = call.args;
    const { libraries } = clusterOptions(call);
    const { text, same } = await diff(call.io, { a, b, libraries, json: call.options.json === true });
    return { text, exitCode: same ? 0 : exitCodes.diagnostics };
  },
  inspect: ({ io, args, options }) =>
    inspect(io, {
      artifact: args[0] ?? "",
      files: options["files"] === true,
      packages: options["packages"] === true,
      json: options.json === true,
    }),
  boot: async ({ io, args, options }) => {
    const given = options as unknown as BootCommandOptions;
    const { text, reached } = await boot(io, { ...given, image: args[0] ?? "", json: options.json === true });
    return { text, exitCode: reached ? 0 : exitCodes.diagnostics };
  },
  doctor: async (call) => {
    const [cluster] = call.args;
    const { libraries } = clusterOptions(call);
    const { text, ready } = await doctor(call.io, {
      ...{ libraries, json: call.options.json === true, network: call.options["network"] === true },
      ...(cluster === undefined ? {} : { cluster }),
      nodeVersion: process.versions.node,
      user: { id: process.getuid?.() ?? 0, name: userInfo().username },
    });
    return { text, exitCode: ready ? 0 : exitCodes.diagnostics };
  },
  help: ({ io, args, options }) => {
    // commander gives a variadic argument as one list.
    const words = args[0] as unknown as readonly string[];
    return help(io, { words, ...describeProgram(), json: options.json === true });
  },
  completion: async ({ args }) => completions[args[0] as Shell](describeProgram().tree).trimEnd(),
  names: ({ io, args: [kind, words] }) =>
    names(io, {
      kind: kind as NameKind,
      words: words as unknown as readonly string[],
      verbs: describeProgram().verbs,
    }),
  packer: ({ io, options }) => packer(io, options as unknown as PackerCommandOptions),
  "cache show": ({ io, options }) => showCache(io, { json: options.json === true }),
  "cache prune": ({ io, options }) => {
    const { size, all } = options as { size?: string; all?: boolean };
    return pruneCache(io, { ...(size === undefined ? {} : { size }), all: all === true, json: options.json === true });
  },
};
