// Text and bytes in the forms that platforms take.
export const utf8 = (text: string): Uint8Array => Buffer.from(text);

export const base64 = (bytes: Uint8Array | string): string => Buffer.from(bytes).toString("base64");

export const jsonBytes = (value: unknown): Uint8Array => utf8(`${JSON.stringify(value, undefined, 2)}\n`);
