// Walks a template's syntax tree and checks every name in it against what the template may see. Handlebars' own strict mode looks only
// when it renders, and not at all inside of `#if` and `#each`. https://handlebarsjs.com/api-reference/compilation.html
import Handlebars from "handlebars";
import type { CodeOf, DiagnosticCode } from "../codes/index.ts";
import { didYouMean } from "../did-you-mean.ts";
import { blockHelpers, helpers } from "./template.ts";
import type { TemplateShape } from "./template-shape.ts";
import { itemOf, namesBelow, shapeBelow } from "./template-shape.ts";

/** One thing wrong, with its offsets in the template's text. */
export interface Finding {
  readonly code: DiagnosticCode;
  readonly message: string;
  readonly hint?: string;
  readonly start: number;
  readonly end: number;
}

/** What the names in a place of the template mean. */
interface Scope {
  readonly shape: TemplateShape;
  readonly parent: Scope | undefined;
  /** `as |item index|`, visible from here on inwards. */
  readonly named: Readonly<Record<string, TemplateShape>>;
  /** `@index` and the like. */
  readonly data: readonly string[];
}

interface Check {
  readonly text: string;
  readonly root: TemplateShape;
  readonly metadata: readonly string[] | undefined;
  readonly findings: Finding[];
}

type Node = hbs.AST.Node;
type Expression = hbs.AST.Expression;

const offset = (text: string, line: number, column: number): number => {
  let start = 0;
  for (let count = 1; count < line; count += 1) start = text.indexOf("\n", start) + 1;
  return start + column;
};

const report = (check: Check, node: Node, code: CodeOf<"template">, message: string, hint?: string): void => {
  const { start, end } = node.loc;
  check.findings.push({
    code: `template/${code}`,
    message,
    ...(hint === undefined ? {} : { hint }),
    start: offset(check.text, start.line, start.column),
    end: offset(check.text, end.line, end.column),
  });
};

const known = (shape: TemplateShape, where: string): string | undefined => {
  const names = namesBelow(shape);
  return names.length === 0 ? undefined : `${where} has: ${names.toSorted().join(", ")}`;
};

/** Where a path starts, and the names that are left of it. */
const startOf = (
  check: Check,
  path: hbs.AST.PathExpression,
  scope: Scope,
): { readonly shape: TemplateShape; readonly parts: readonly string[]; readonly where: string } | undefined => {
  const [first = "", ...rest] = path.parts;
  if (path.data) {
    if (first === "root") return { shape: check.root, parts: rest, where: "@root" };
    if (scope.data.includes(first)) return { shape: "scalar", parts: rest, where: path.original };
    const hint = scope.data.length === 0 ? "there is one inside of #each" : `here: @${scope.data.join(", @")}`;
    report(check, path, "unknown-name", `nothing is named @${first} here`, hint);
    return undefined;
  }
  let from: Scope | undefined = scope;
  for (let depth = 0; depth < path.depth; depth += 1) from = from?.parent;
  if (from === undefined) {
    report(check, path, "unknown-name", `${path.original} leads out of the template: there is nothing above it`);
    return undefined;
  }
  const named = path.depth === 0 && !/^(?:this|\.)\b/.test(path.original) ? from.named[first] : undefined;
  if (named !== undefined) return { shape: named, parts: rest, where: first };
  return { shape: from.shape, parts: path.parts, where: from.parent === undefined ? "a template" : "this" };
};

const shapeOfPath = (check: Check, path: hbs.AST.PathExpression, scope: Scope): TemplateShape => {
  const start = startOf(check, path, scope);
  if (start === undefined) return "any";
  let { shape, where } = start;
  for (const part of start.parts) {
    const next = shapeBelow(shape, part);
    if (next === undefined) {
      const message = `a template may not read ${path.original}: there is no ${part}${didYouMean(part, namesBelow(shape))}`;
      report(check, path, "unknown-name", message, known(shape, where));
      return "any";
    }
    where = where === "a template" || where === "this" ? part : `${where}.${part}`;
    shape = next;
  }
  return shape;
};

const isPath = (node: Node): node is hbs.AST.PathExpression => node.type === "PathExpression";

/** The name, when the expression can be a call of a helper: a bare word, with or without arguments. */
const simpleName = (node: Node): string | undefined =>
  isPath(node) && !node.data && node.depth === 0 && node.parts.length === 1 ? node.parts[0] : undefined;

const checkMetadata = (check: Check, parameter: Expression | undefined): void => {
  if (parameter === undefined) return;
  if (parameter.type !== "StringLiteral") {
    report(check, parameter, "metadata", 'metadata takes a name in quotes: {{metadata "token"}}');
    return;
  }
  const { value } = parameter as hbs.AST.StringLiteral;
  if (check.metadata === undefined || check.metadata.includes(value)) return;
  const message = `the meta-data has no ${value}${didYouMean(value, check.metadata)}`;
  report(check, parameter, "unknown-name", message, `it has: ${check.metadata.toSorted().join(", ")}`);
};

interface Call {
  readonly path: Node;
  readonly params: readonly Expression[];
  readonly hash?: hbs.AST.Hash | undefined;
}

const checkCall = (check: Check, name: string, call: Call, scope: Scope): TemplateShape => {
  const helper = Object.hasOwn(helpers, name) ? helpers[name] : undefined;
  if (helper === undefined && name !== "lookup") {
    const names = [...Object.keys(helpers), "lookup"];
    const hint = `helpers: ${names.toSorted().join(", ")}; blocks: ${[...blockHelpers].toSorted().join(", ")}`;
    report(check, call.path, "unknown-helper", `no helper ${name}${didYouMean(name, names)}`, hint);
    return "any";
  }
  const [least, most] = helper?.parameters ?? [2, 2];
  const count = call.params.length;
  if (count < least || count > most) {
    const wanted = least === most ? `${least}` : `${least} to ${most}`;
    report(check, call.path, "helper", `${name} takes ${wanted} argument${most === 1 ? "" : "s"}, not ${count}`);
  }
  if (call.hash !== undefined) report(check, call.hash, "helper", `${name} takes no named arguments`);
  if (name === "metadata") {
    checkMetadata(check, call.params[0]);
    return "scalar";
  }
  const [first = "any"] = call.params.map((parameter) => shapeOf(check, parameter, scope));
  return name === "lookup" ? (itemOf(first) ?? "any") : "scalar";
};

const shapeOf = (check: Check, node: Expression, scope: Scope): TemplateShape => {
  if (node.type === "SubExpression") {
    const call = node as hbs.AST.SubExpression;
    return checkCall(check, simpleName(call.path) ?? "", call, scope);
  }
  return isPath(node) ? shapeOfPath(check, node, scope) : "scalar";
};

const checkMustache = (check: Check, node: hbs.AST.MustacheStatement, scope: Scope, alone: boolean): void => {
  const name = simpleName(node.path);
  const called = node.params.length > 0 || (node.hash as hbs.AST.Hash | undefined) !== undefined;
  if (called || (name !== undefined && Object.hasOwn(helpers, name))) {
    checkCall(check, name ?? "", node, scope);
    return;
  }
  if (!isPath(node.path)) {
    report(check, node, "syntax", "an expression reads a name; text needs no braces");
    return;
  }
  const shape = shapeOfPath(check, node.path, scope);
  if (alone || shape === "scalar" || shape === "any") return;
  const what = "list" in shape ? "a list" : "a map";
  const hint =
    "list" in shape
      ? 'go over it with #each, or write {{join NAME " "}}'
      : "name one of its parts, or write {{json NAME}}";
  report(check, node.path, "not-text", `${node.path.original} is ${what}: it has no text`, hint);
};

const inner = (check: Check, node: hbs.AST.BlockStatement, name: string, scope: Scope): Scope => {
  const [parameter] = node.params;
  const shape = parameter === undefined ? "any" : shapeOf(check, parameter, scope);
  const [first, second] = (node.program as hbs.AST.Program | undefined)?.blockParams ?? [];
  const named = (value: TemplateShape): Scope["named"] => ({
    ...scope.named,
    ...(first === undefined ? {} : { [first]: value }),
    ...(second === undefined ? {} : { [second]: "scalar" as const }),
  });
  if (name === "with") return { shape, parent: scope, named: named(shape), data: scope.data };
  if (name !== "each") return scope;
  const item = itemOf(shape);
  if (item === undefined && parameter !== undefined) {
    report(check, parameter, "not-a-list", "#each goes over a list or a map, and this is neither");
  }
  const data = ["index", "key", "first", "last"];
  return { shape: item ?? "any", parent: scope, named: named(item ?? "any"), data };
};

const checkBlock = (check: Check, node: hbs.AST.BlockStatement, scope: Scope): void => {
  const name = simpleName(node.path) ?? "";
  if (!blockHelpers.has(name)) {
    const hint = `blocks: ${[...blockHelpers].toSorted().join(", ")}`;
    report(check, node.path, "unknown-helper", `no block ${node.path.original}${didYouMean(name, blockHelpers)}`, hint);
    return;
  }
  if (node.params.length !== 1) {
    report(check, node.path, "helper", `#${name} takes 1 argument, not ${node.params.length}`);
  }
  const program = node.program as hbs.AST.Program | undefined;
  if (program !== undefined) checkProgram(check, program, inner(check, node, name, scope));
  const inverse = node.inverse as hbs.AST.Program | undefined;
  if (inverse !== undefined) checkProgram(check, inverse, scope);
};

/** `alone`: the template is one scalar of YAML, and this expression all of it: any type may come of it. */
const checkProgram = (check: Check, program: hbs.AST.Program, scope: Scope, alone = false): void => {
  for (const node of program.body) {
    if (node.type === "MustacheStatement") {
      checkMustache(check, node as hbs.AST.MustacheStatement, scope, alone && program.body.length === 1);
    } else if (node.type === "BlockStatement") checkBlock(check, node as hbs.AST.BlockStatement, scope);
    else if (node.type !== "ContentStatement" && node.type !== "CommentStatement") {
      report(check, node, "syntax", "templates have no partials and no decorators");
    }
  }
};

/** What the parser says of a text that is no template, without its drawing. */
const syntaxFinding = (text: string, thrown: unknown): Finding => {
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  const line = Number(/^Parse error on line (\d+)/.exec(message)?.[1] ?? / - (\d+):\d+$/.exec(message)?.[1] ?? 1);
  const start = offset(text, line, 0);
  const lineEnd = text.indexOf("\n", start);
  const open = text.indexOf("{{", start);
  const at = open === -1 || (lineEnd !== -1 && open > lineEnd) ? start : open;
  const plain = message.startsWith("Parse error")
    ? "this is no expression: a brace, a quote or the end of a block is wrong or missing"
    : message.replace(/ - \d+:\d+$/, "");
  return { code: "template/syntax", message: plain, start: at, end: lineEnd === -1 ? text.length : lineEnd };
};

export interface CheckOptions {
  /** The text is one scalar of YAML, which as a whole may be of any type. */
  readonly scalar?: boolean;
  /** Names that `{{metadata …}}` may read; any when left out. */
  readonly metadata?: readonly string[];
}

/** Everything wrong with the template, given what it may see. */
export const checkTemplate = (text: string, shape: TemplateShape, options: CheckOptions = {}): readonly Finding[] => {
  const check: Check = { text, root: shape, metadata: options.metadata, findings: [] };
  try {
    const scope: Scope = { shape, parent: undefined, named: {}, data: [] };
    checkProgram(check, Handlebars.parse(text), scope, options.scalar);
  } catch (error) {
    return [syntaxFinding(text, error)];
  }
  return check.findings;
};
