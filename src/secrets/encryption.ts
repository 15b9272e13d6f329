// The secrets file under a passphrase, in age's format (https://age-encryption.org/v1), so that `age -d` opens it as well.
import { DiagnosticError } from "../diagnostic.ts";

const armorStart = "-----BEGIN AGE ENCRYPTED FILE-----";
const binaryStart = "age-encryption.org/";

export const isEncrypted = (bytes: Uint8Array): boolean => {
  const start = Buffer.from(bytes.subarray(0, armorStart.length)).toString("latin1");
  return start === armorStart || start.startsWith(binaryStart);
};

/**
 * ASCII-armored. `workFactor` is the logarithm of scrypt's cost; age's own default is 18, about a second, and only a test wants
 * less.
 */
export const encryptText = async (text: string, passphrase: string, workFactor = 18): Promise<string> => {
  const age = await import("age-encryption");
  const encrypter = new age.Encrypter();
  encrypter.setScryptWorkFactor(workFactor);
  encrypter.setPassphrase(passphrase);
  return age.armor.encode(await encrypter.encrypt(text));
};

/** `file` is only for messages. Throws DiagnosticError when the passphrase is wrong or the file was changed. */
export const decryptText = async (bytes: Uint8Array, passphrase: string, file: string): Promise<string> => {
  const age = await import("age-encryption");
  const decrypter = new age.Decrypter();
  decrypter.addPassphrase(passphrase);
  try {
    const text = Buffer.from(bytes).toString("latin1");
    return await decrypter.decrypt(text.startsWith(armorStart) ? age.armor.decode(text) : bytes, "text");
  } catch {
    throw new DiagnosticError([
      {
        severity: "error",
        code: "secrets/cannot-decrypt",
        message: `${file} cannot be decrypted`,
        hint: "either the passphrase is wrong, or the file is encrypted to a key or damaged; kimg reads age files with a passphrase",
      },
    ]);
  }
};
