// kimg as a library: the same straight line as the commands, without a terminal. What is not named here may change at any time.
export {
  type BuildCallOptions,
  type CallOptions,
  type Checked,
  type ClusterDocument,
  type ClusterSource,
  type RenderCallOptions,
  type Rendered,
  build,
  check,
  makeSecrets,
  render,
} from "./api.ts";
export type { CodeEntry, DiagnosticCode } from "./codes/index.ts";
export {
  type Diagnostic,
  DiagnosticError,
  type Location,
  ToolError,
  UsageError,
  formatDiagnostics,
} from "./diagnostic.ts";
export type { Artifact, Cluster, FileEntry, FileTree, LockEntry, Node, Secrets } from "./model.ts";
export type { BuiltImage } from "./pipeline.ts";
