package history

import (
	"bytes"
	"errors"
	"fmt"
	"hash/crc32"
	"strconv"
)

// A file of the record is sealed: the name of its writer, in the footer,
// carries a checksum of the whole file, taken with zeros in the checksum's
// place. Parquet's own checksums leave out the headers and the footer, which a
// decoder trusts with the sizes of its buffers. A file that another tool wrote
// has no seal and is looked at page by page.
const (
	sealApplication = "seckill"
	sealVersion     = "1"
	sealBuild       = "crc32 " + noChecksum
	noChecksum      = "00000000"
	sealMark        = sealApplication + " version " + sealVersion + "(build crc32 "
)

// checksumOf finds the place of the checksum; nil in a file without a seal.
func checksumOf(file []byte) []byte {
	at := bytes.LastIndex(file, []byte(sealMark))
	if at < 0 || at+len(sealMark)+len(noChecksum) > len(file) {
		return nil
	}
	at += len(sealMark)
	return file[at : at+len(noChecksum)]
}

// seal writes the checksum into a file that has zeros in its place.
func seal(file []byte) {
	place := checksumOf(file)
	sum := fmt.Sprintf("%08x", crc32.Checksum(file, crc32.MakeTable(crc32.Castagnoli)))
	copy(place, sum)
}

// checkSeal refuses a file whose checksum is wrong, and tells whether it has
// one. It leaves zeros in the checksum's place.
func checkSeal(file []byte) (sealed bool, err error) {
	place := checksumOf(file)
	if place == nil {
		return false, nil
	}
	told, err := strconv.ParseUint(string(place), 16, 32)
	copy(place, noChecksum)
	if err != nil || uint32(told) != crc32.Checksum(file, crc32.MakeTable(crc32.Castagnoli)) {
		return false, errors.New("its checksum is wrong")
	}
	return true, nil
}
