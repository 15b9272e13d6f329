// kimg as a library: the same straight line as the commands, without a terminal.
export { type LoadOptions, type LoadedCluster, loadCluster, readLibrary } from "./commands/check.ts";
export { type Diagnostic, DiagnosticError, ToolError, formatDiagnostics } from "./diagnostic.ts";
export { type Cache, cacheFolder, openCache } from "./edge/cache.ts";
export type { Io, Progress } from "./edge/io.ts";
export { type ProgressStyle, startProgress } from "./edge/progress.ts";
export { systemIo } from "./edge/system-io.ts";
export type { Artifact, BuildRequest, Cluster, FileTree, Library, LockEntry, Node, Secrets } from "./model.ts";
export { type BuildOptions, type BuiltImage, buildImage } from "./pipeline.ts";
export { type RenderedCluster, renderCluster, renderSeeds } from "./render/render.ts";
export { resolveCluster } from "./resolve/resolve.ts";
export { readSecrets } from "./secrets/file.ts";
