// What can be wrong with roles, images and their templates.
import type { CodeEntries } from "./entry.ts";

export const contentCodes = {
  "components/invalid": {
    meaning: "A file of `images/components/`, which comes with kimg, is not as it was.",
    cure: "Reinstall kimg, or undo the change.",
    example: "images/components/runc.yaml: programs.runc: Invalid",
  },
  "components/unknown": {
    meaning: "A role names a package or a container image that no component yields.",
    cure: "Correct the name in its `role.yaml`; packages of the distribution belong into `packages`.",
    example: 'no component yields the package "kubeltet"; did you mean "kubelet"?',
  },
  "library/empty": {
    meaning: "The folder given with `--library` has neither `roles/` nor `images/`.",
    cure: "Give the folder above them.",
    example: "content holds neither roles/ nor images/",
  },
  "library/missing": {
    meaning: "The folder given with `--library` is not there.",
    cure: "Correct the path.",
    example: "there is no library content",
  },
  "library/missing-file": {
    meaning: "A role or an image names a file that neither its own library nor an earlier one has.",
    cure: "Correct the path, which is relative to the folder of the role or image.",
  },
  "library/name-taken": {
    meaning: "An earlier library has a role or an image of this name, and nothing says that this one takes its place.",
    cure: "Give the folder another name, or write `replaces: true`.",
  },
  "library/not-a-file": {
    meaning:
      "A link or a device lies among the files of an image or role; only files and folders are carried into images.",
    cure: "Remove it, and let a provisioning step make it.",
    example: "files/dev/null is neither a file nor a folder",
  },
  "library/not-a-script": {
    meaning: "A provisioning step is not a shell script.",
    cure: "Begin it with `#!/bin/sh`.",
  },
  "library/outside": {
    meaning: "A path leads out of the library: the same library would mean something else on another machine.",
    cure: "Keep what content needs below `roles/` or `images/`.",
  },
  "role/forbidden-secret": {
    meaning: "A role asks for a secret that machines which come into the cluster in this way must not hold.",
    cure: "Remove it from `kimg.secrets`; the hint says what the role may hold.",
  },
  "role/missing-template": {
    meaning: "A role names a template that is not in its folder.",
    cure: "Put the file beside `role.yaml`, or correct its name.",
  },
} as const satisfies CodeEntries;

export const templateCodes = {
  "template/helper": {
    meaning: "A helper is given too few or too many arguments, or named ones.",
    cure: "Give as many as the message says.",
  },
  "template/key": {
    meaning: "A key of `role.yaml` holds an expression; only values are templates.",
    cure: "Write the key out, or make the whole map one expression.",
  },
  "template/metadata": {
    meaning: "`metadata` takes the name of a value of the meta-data, in quotes.",
    cure: 'Write `{{metadata "token"}}`.',
  },
  "template/missing-value": {
    meaning: "A template reads a value that this node does not have.",
    cure: "Ask for it first with `{{#if …}}`, or read it with `{{lookup … …}}`.",
    example: "a template in haproxy.cfg.hbs reads node.values.rack, which is not there",
  },
  "template/not-a-list": {
    meaning: "`#each` goes over something that is neither a list nor a map.",
    cure: "Go over a list, or write the value itself.",
  },
  "template/not-text": {
    meaning: "A list or a map stands where text is wanted.",
    cure: 'Go over it with `#each`, or write `{{join LIST " "}}` or `{{json NAME}}`.',
  },
  "template/syntax": {
    meaning: "The template is not one: a brace, a quote or the end of a block is wrong or missing.",
    cure: "Look at the place that is shown; partials and decorators are not taken.",
  },
  "template/unknown-helper": {
    meaning: "There is no helper or block of this name.",
    cure: "Use one of those that the hint lists.",
  },
  "template/unknown-name": {
    meaning:
      "A template reads a name that templates of this role may not see: it does not exist, or it is a secret that the role does not name.",
    cure: "Take one of the names that the hint lists, or name the secret in `kimg.secrets`.",
  },
} as const satisfies CodeEntries;
