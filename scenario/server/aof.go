package server

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// The places of the append-only file: Redis 7 has a folder with a manifest,
// older ones have a single file.
const (
	aofFolder   = "appendonlydir"
	aofManifest = "appendonly.aof.manifest"
	aofSingle   = "appendonly.aof"
)

// CutAOF cuts bytes off the end of what the node appended to its append-only
// file last, as a loss of power does to what no fsync has reached. It returns
// how many it cut: no more than there are, and none of the older files that
// Redis 7 keeps beside the last one. Redis loads what is left by default, up to
// the last whole command or MULTI. The node must be down.
func (n *Node) CutAOF(bytes int64) (cut int64, err error) {
	n.mu.Lock() // nobody starts it meanwhile
	defer n.mu.Unlock()
	if n.process != nil && n.process.lives() {
		return 0, fmt.Errorf("%s is up: its append-only file can be cut while it is down", n.name)
	}
	path, err := lastAOF(n.dir)
	if err != nil {
		return 0, fmt.Errorf("%s: %w", n.name, err)
	}
	file, err := os.Stat(path)
	if err != nil {
		return 0, fmt.Errorf("%s: its append-only file: %w", n.name, err)
	}
	cut = min(max(bytes, 0), file.Size())
	return cut, os.Truncate(path, file.Size()-cut)
}

var errNoAOF = errors.New("it has no append-only file (--server-config appendonly=yes)")

// lastAOF is the file to which a server appended last.
func lastAOF(dir string) (string, error) {
	manifest, err := os.Open(filepath.Join(dir, aofFolder, aofManifest))
	if err != nil {
		return singleAOF(filepath.Join(dir, aofSingle))
	}
	defer manifest.Close()
	last := ""
	for lines := bufio.NewScanner(manifest); lines.Scan(); {
		if name, isLast := incremental(lines.Text()); isLast {
			last = name
		}
	}
	if last == "" {
		return "", errNoAOF
	}
	return filepath.Join(dir, aofFolder, last), nil
}

// incremental reads a line of a manifest: "file NAME seq N type i" is an
// incremental file, of which the last one grows. The types b and h are those
// of a base and of history.
func incremental(line string) (name string, is bool) {
	words := strings.Fields(line)
	for i := 0; i+1 < len(words); i += 2 {
		switch {
		case words[i] == "file":
			name = words[i+1]
		case words[i] == "type" && words[i+1] == "i":
			is = true
		}
	}
	return name, is && name != ""
}

// singleAOF refuses a file that begins with a snapshot: one that is cut in it
// cannot be loaded, and where it ends is not told.
func singleAOF(path string) (string, error) {
	file, err := os.Open(path)
	if err != nil {
		return "", errNoAOF
	}
	defer file.Close()
	start := make([]byte, 5)
	if file.Read(start); string(start) == "REDIS" {
		return "", errors.New("its append-only file begins with a snapshot, and cannot be cut safely")
	}
	return path, nil
}
