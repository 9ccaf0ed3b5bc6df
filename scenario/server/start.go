package server

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

const (
	// startTimeout is how long a server binary may take to answer.
	startTimeout = 5 * time.Second
	// loadTimeout is how long it may take to load its data after that.
	loadTimeout = 60 * time.Second
	configFile  = "redis.conf"
	logFile     = "redis.log"
)

var errPortTaken = errors.New("the port is taken")

// Start starts the process on its port, in its folder, with its configuration,
// and returns when it answers and has loaded its data. A replica attaches again
// by itself; see Heal to wait for that. To start a node that is up does nothing.
func (n *Node) Start(ctx context.Context) error {
	p, err := n.launch()
	if err != nil {
		return n.named(err)
	}
	if p == nil {
		return nil
	}
	if err := n.awaitStart(ctx, p); err != nil {
		p.kill()
		return n.named(err)
	}
	go n.watch(p)
	return nil
}

// named says which node an error is about, where there are several.
func (n *Node) named(err error) error {
	if n.group.topology == Standalone {
		return err
	}
	return fmt.Errorf("%s: %w", n.name, err)
}

// launch starts the process; nil if it is up.
func (n *Node) launch() (*process, error) {
	config := n.config + n.group.roleOf(n)
	n.mu.Lock()
	defer n.mu.Unlock()
	switch {
	case n.closed:
		return nil, errClosed
	case n.process != nil && n.process.lives():
		return nil, nil
	}
	p, err := run(n.group.path, n.dir, config)
	if err != nil {
		return nil, fmt.Errorf("cannot be run: %w", err)
	}
	n.process, n.paused = p, false
	return p, nil
}

// run starts a binary in a folder, where its output goes too.
func run(path, dir, config string) (*process, error) {
	if err := os.WriteFile(filepath.Join(dir, configFile), []byte(config), 0o600); err != nil {
		return nil, err
	}
	log, err := os.Create(filepath.Join(dir, logFile))
	if err != nil {
		return nil, err
	}
	defer log.Close()
	cmd := exec.Command(path, configFile)
	cmd.Dir, cmd.Stdout, cmd.Stderr = dir, log, log
	p, err := start(cmd)
	if err != nil {
		var at *fs.PathError
		if errors.As(err, &at) {
			err = at.Err
		}
		return nil, err
	}
	return p, nil
}

// watch tells the group of an end that nobody asked for.
func (n *Node) watch(p *process) {
	<-p.ended
	if !p.wanted.Load() {
		n.group.lose(n.named(n.cause(p)))
	}
}

// awaitStart returns when the server answers from its own folder, for on its
// port somebody else may have been quicker, and has loaded its data.
func (n *Node) awaitStart(ctx context.Context, p *process) error {
	dir, err := filepath.EvalSymlinks(n.dir)
	if err != nil {
		return err
	}
	answering, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	err = n.await(answering, p, func() bool { return n.answersFrom(answering, dir) })
	if answering.Err() != nil && ctx.Err() == nil {
		return fmt.Errorf("is not a Redis server: no answer within %v%s", startTimeout, n.lastWords())
	}
	if err != nil {
		return err
	}
	loading, cancel := context.WithTimeout(ctx, loadTimeout)
	defer cancel()
	err = n.await(loading, p, func() bool { return n.info(loading, "persistence")["loading"] == "0" })
	if loading.Err() != nil && ctx.Err() == nil {
		return fmt.Errorf("it is still loading its data after %v", loadTimeout)
	}
	return err
}

// await returns when a question about a process is answered yes.
func (n *Node) await(ctx context.Context, p *process, asked func() bool) error {
	poll := time.NewTicker(2 * time.Millisecond)
	defer poll.Stop()
	for !asked() {
		select {
		case <-p.ended:
			return n.failure(p)
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-poll.C:
		}
	}
	return nil
}

// answersFrom asks once, and not for long: the one who listens may be a stranger
// who never answers.
func (n *Node) answersFrom(ctx context.Context, dir string) bool {
	ctx, cancel := context.WithTimeout(ctx, startTimeout/10)
	defer cancel()
	reply, err := n.Do(ctx, "CONFIG", "GET", "dir")
	pair, _ := reply.([]any)
	return err == nil && len(pair) == 2 && pair[1] == dir
}

// failure says why a process ended before it answered.
func (n *Node) failure(p *process) error {
	log, _ := os.ReadFile(filepath.Join(n.dir, logFile))
	if bytes.Contains(log, []byte("Address already in use")) {
		return errPortTaken
	}
	if err := refusedLine(log); err != nil {
		return err
	}
	return fmt.Errorf("is not a Redis server, or cannot start: %w", n.cause(p))
}

// cause says how a process ended.
func (n *Node) cause(p *process) error {
	return fmt.Errorf("its process ended (%s)%s", p.cmd.ProcessState, n.lastWords())
}

// lastWords is the last line that the process wrote.
func (n *Node) lastWords() string {
	log, _ := os.ReadFile(filepath.Join(n.dir, logFile))
	lines := strings.Split(strings.TrimSpace(string(log)), "\n")
	last := strings.ToValidUTF8(strings.TrimSpace(lines[len(lines)-1]), "?")
	if last == "" {
		return ""
	}
	return fmt.Sprintf("; its last line: %.200s", last)
}

// info is a section of INFO by its fields; nil where it is not told.
func (n *Node) info(ctx context.Context, section ...any) map[string]string {
	reply, err := n.Do(ctx, append([]any{"INFO"}, section...)...)
	text, _ := reply.(string)
	if err != nil {
		return nil
	}
	return fields(text)
}

// fields reads the lines of an INFO.
func fields(text string) map[string]string {
	all := map[string]string{}
	for line := range strings.Lines(text) {
		key, value, _ := strings.Cut(strings.TrimSpace(line), ":")
		all[key] = value
	}
	return all
}
