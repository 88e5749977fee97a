// UTF-8 for engines without TextEncoder and TextDecoder, put into a bundle where it names them.

export class TextEncoder {
  encoding = "utf-8";

  encode(text = "") {
    const bytes = [];
    for (const character of String(text)) {
      let code = character.codePointAt(0);
      if (code >= 0xd800 && code <= 0xdfff) code = 0xfffd;
      if (code < 0x80) bytes.push(code);
      else if (code < 0x800) bytes.push(0xc0 | (code >> 6), 0x80 | (code & 63));
      else if (code < 0x10000) bytes.push(0xe0 | (code >> 12), 0x80 | ((code >> 6) & 63), 0x80 | (code & 63));
      else bytes.push(0xf0 | (code >> 18), 0x80 | ((code >> 12) & 63), 0x80 | ((code >> 6) & 63), 0x80 | (code & 63));
    }
    return Uint8Array.from(bytes);
  }
}

export class TextDecoder {
  encoding = "utf-8";
  #code = 0;
  #missing = 0;
  #low = 0x80;
  #high = 0xbf;
  #started = false;

  constructor(label = "utf-8", options = {}) {
    if (!/^\s*utf-?8\s*$/iu.test(label)) throw new RangeError(`this decoder reads UTF-8, not ${label}`);
    this.fatal = options.fatal === true;
    this.ignoreBOM = options.ignoreBOM === true;
  }

  decode(input = new Uint8Array(), options = {}) {
    const bytes = ArrayBuffer.isView(input)
      ? new Uint8Array(input.buffer, input.byteOffset, input.byteLength)
      : new Uint8Array(input);
    const parts = [];
    let part = "";
    const put = (code) => {
      const first = !this.#started;
      this.#started = true;
      if (first && code === 0xfeff && !this.ignoreBOM) return;
      part += String.fromCodePoint(code);
      if (part.length > 8192) {
        parts.push(part);
        part = "";
      }
    };
    const wrong = () => {
      if (this.fatal) throw new TypeError("the bytes are not UTF-8");
      this.#missing = 0;
      put(0xfffd);
    };
    for (let at = 0; at < bytes.length; at += 1) {
      const byte = bytes[at];
      if (this.#missing > 0) {
        if (byte < this.#low || byte > this.#high) {
          wrong();
          at -= 1;
          continue;
        }
        [this.#low, this.#high] = [0x80, 0xbf];
        this.#code = (this.#code << 6) | (byte & 63);
        this.#missing -= 1;
        if (this.#missing === 0) put(this.#code);
        continue;
      }
      [this.#low, this.#high] = [0x80, 0xbf];
      if (byte < 0x80) put(byte);
      else if (byte >= 0xc2 && byte <= 0xdf) [this.#missing, this.#code] = [1, byte & 31];
      else if (byte >= 0xe0 && byte <= 0xef) {
        [this.#missing, this.#code] = [2, byte & 15];
        if (byte === 0xe0) this.#low = 0xa0;
        if (byte === 0xed) this.#high = 0x9f;
      } else if (byte >= 0xf0 && byte <= 0xf4) {
        [this.#missing, this.#code] = [3, byte & 7];
        if (byte === 0xf0) this.#low = 0x90;
        if (byte === 0xf4) this.#high = 0x8f;
      } else wrong();
    }
    if (!options.stream) {
      if (this.#missing > 0) wrong();
      this.#started = false;
    }
    return parts.join("") + part;
  }
}
