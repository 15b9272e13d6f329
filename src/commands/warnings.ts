// Warnings beside a result, for people.
import { formatDiagnostics, type Diagnostic } from "../diagnostic.ts";

/** The warnings first, so that the result is what is seen last. */
export const withWarnings = (text: string, warnings: readonly Diagnostic[], color = false): string =>
  warnings.length === 0 ? text : `${formatDiagnostics(warnings, { color })}\n\n${text}`;
