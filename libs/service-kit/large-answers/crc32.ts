/** Checksums of two texts → that of both in a row, without reading them again. As in zlib's `crc32_combine`. */

/** The polynomial of CRC-32, its lowest power first. */
const polynomial = 0xedb88320
const one = 0x80000000
const x = 0x40000000

function multiply(left: number, right: number): number {
  let product = 0
  let factor = right
  for (let bit = one; bit !== 0; bit >>>= 1) {
    if ((left & bit) !== 0) product ^= factor
    factor = (factor & 1) === 1 ? (factor >>> 1) ^ polynomial : factor >>> 1
  }
  return product >>> 0
}

/** x to the power of 2, 4, 8 … */
const squares: number[] = []
for (let square = x; squares.length < 32; square = multiply(square, square)) squares.push(square)

/** x to the power of the bits in so many bytes; the squares repeat after 32. */
function shift(bytes: number): number {
  let power = one
  let rest = bytes
  for (let index = 3; rest > 0; index++) {
    if (rest % 2 === 1) power = multiply(squares[index % 32] ?? 0, power)
    rest = Math.floor(rest / 2)
  }
  return power
}

export function combineCrc32(first: number, second: number, secondBytes: number): number {
  return (multiply(shift(secondBytes), first) ^ second) >>> 0
}
