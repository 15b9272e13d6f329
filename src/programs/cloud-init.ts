// A seed's user-data, judged by cloud-init's own schema: the program that asks it, and its answer read. Pure.
import type { JsonValue } from "../model.ts";
import { type Said, onePerPlace, pathIn } from "./said.ts";

/**
 * For Python in a tree with cloud-init 22.4 or later; `/seeds/N/{meta-data,user-data}` → JSON: what cloud-init makes of each, and its
 * complaints. SchemaValidationError.schema_errors is a list of (path, message): cloudinit/config/schema.py.
 */
export const askCloudInit = `
import contextlib, io, json, pathlib, sys
import yaml
from cloudinit.cmd.main import main
from cloudinit.config import schema

def ask(seed):
    instance = pathlib.Path("/tmp/instance.json")
    metadata = yaml.safe_load((seed / "meta-data").read_text())
    instance.write_text(json.dumps({"ds": {"meta_data": metadata}, "v1": {}}))
    out = io.StringIO()
    sys.argv = ["cloud-init", "devel", "render", str(seed / "user-data"), "--instance-data", str(instance)]
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(out):
        code = main(sys.argv)
    if code:
        return {"document": {}, "said": [["", out.getvalue().strip()]]}
    document = yaml.safe_load(out.getvalue())
    try:
        schema.validate_cloudconfig_schema(document, schema.get_schema(), strict=True)
    except schema.SchemaValidationError as error:
        return {"document": document, "said": [[path, message] for path, message in error.schema_errors]}
    return {"document": document, "said": []}

seeds = sorted(pathlib.Path("/seeds").iterdir(), key=lambda path: int(path.name))
print(json.dumps([ask(seed) for seed in seeds], default=str))
`;

export interface JudgedSeed {
  readonly document: JsonValue;
  readonly said: readonly Said[];
}

/** In the order of the seeds. */
export const cloudInitSaid = (output: string): readonly JudgedSeed[] => {
  const seeds = JSON.parse(output) as readonly { document: JsonValue; said: readonly [string, string][] }[];
  return seeds.map(({ document, said }) => ({
    document,
    said: onePerPlace(said.map(([path, message]) => ({ path: pathIn(document, path), message }))),
  }));
};
