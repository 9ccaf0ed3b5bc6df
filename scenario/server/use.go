package server

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

// A Use is what one process of a server used and did between two accounts of
// its own. What it does not tell is nil.
type Use struct {
	// Node is empty where there is one.
	Node   string
	Master bool
	// Time is how long after the first account the second was given.
	Time time.Duration
	// MainThread is the CPU time of the thread that runs commands; CPU is that of
	// the whole process. Resolution is how finely they are counted.
	MainThread, CPU *time.Duration
	Resolution      time.Duration
	// Memory and Peak are in bytes, at the second account; the peak is since the start.
	Memory, Peak *int64
	// Commands are those processed, those that scripts call among them; Rate
	// is how many in a second, as the server had it at the second account.
	Commands, Rate *int64
	// Clients are those connected at the second account.
	Clients *int64
	// Forks are those between the accounts, and LatestFork is how long the latest
	// one stopped the process, in µs. Saving: one was under way at the second account.
	Forks, LatestFork *int64
	Saving            bool
	// IOThreads: threads beside the main one read and wrote.
	IOThreads bool
	// Calls are those of each command, those that scripts call among them.
	Calls map[string]Calls
	// Latency holds the percentiles of each command as the server tells them, in µs
	// by name (p50): since its statistics were reset, or else since its start.
	Latency map[string]map[string]float64
	// Slow counts the commands that went into the slow log, and Slowest are the
	// longest of them. Slow is nil where the log is not told.
	Slow    *int64
	Slowest []SlowCommand
}

// Calls are those of a command: how many, how many of them were refused before
// they ran, and how long all together took.
type Calls struct {
	Calls, Rejected int64
	Time            time.Duration
}

// slowest is how many slow commands are kept.
const slowest = 10

// Since returns what each process used since earlier accounts. One that was
// started meanwhile, or gave no earlier account, is left out and named.
func (a *Accounts) Since(before *Accounts) (uses []Use, missing []string) {
	missing = slices.Concat(before.Refused, a.Refused)
	for i := range a.nodes {
		now := &a.nodes[i]
		then := before.of(now)
		if then == nil {
			missing = append(missing, strings.TrimSpace("the server "+now.node)+" was started again, or did not answer before: what it used is not known")
			continue
		}
		uses = append(uses, now.since(then))
	}
	slices.Sort(missing)
	return uses, slices.Compact(missing)
}

// of finds the account that the same process gave.
func (a *Accounts) of(now *account) *account {
	for i := range a.nodes {
		if a.nodes[i].node == now.node && a.nodes[i].info["run_id"] == now.info["run_id"] {
			return &a.nodes[i]
		}
	}
	return nil
}

func (a *account) since(then *account) Use {
	u := Use{
		Node: a.node, Master: a.info["role"] != "slave", Time: a.at.Sub(then.at),
		MainThread: less(a.cpu("_main_thread"), then.cpu("_main_thread")), CPU: less(a.cpu(""), then.cpu("")),
		Memory: a.number("used_memory"), Peak: a.number("used_memory_peak"),
		Commands: less(a.number("total_commands_processed"), then.number("total_commands_processed")),
		Rate:     a.number("instantaneous_ops_per_sec"), Clients: a.number("connected_clients"),
		Forks: less(a.number("total_forks"), then.number("total_forks")), LatestFork: a.number("latest_fork_usec"),
		Saving:    a.info["rdb_bgsave_in_progress"] == "1" || a.info["aof_rewrite_in_progress"] == "1",
		IOThreads: a.info["io_threads_active"] == "1",
		Calls:     a.callsSince(then), Latency: a.latency(),
		Resolution: resolution(a.cpu(""), then.cpu(""), a.cpu("_main_thread"), then.cpu("_main_thread")),
	}
	if a.told && then.told {
		came := max(a.slow-then.slow, 0)
		u.Slow = &came
		u.Slowest = slices.Clone(a.entries[:min(came, int64(len(a.entries)))])
		slices.SortStableFunc(u.Slowest, func(x, y SlowCommand) int { return int(y.Took - x.Took) })
		u.Slowest = u.Slowest[:min(len(u.Slowest), slowest)]
	}
	return u
}

// less is the difference of two figures; nil where one is not told.
func less[N int64 | time.Duration](now, then *N) *N {
	if now == nil || then == nil {
		return nil
	}
	return new(*now - *then)
}

// callsSince reads the command statistics; nil where there are none.
func (a *account) callsSince(then *account) map[string]Calls {
	all := map[string]Calls{}
	for key, text := range a.info {
		name, is := strings.CutPrefix(key, "cmdstat_")
		if !is {
			continue
		}
		now, was := readCalls(text), readCalls(then.info[key])
		calls := Calls{now.Calls - was.Calls, now.Rejected - was.Rejected, now.Time - was.Time}
		if calls.Calls > 0 || calls.Rejected > 0 {
			all[name] = calls
		}
	}
	if len(all) == 0 {
		return nil
	}
	return all
}

// readCalls reads calls=3,usec=51,usec_per_call=17.00,rejected_calls=0.
func readCalls(text string) Calls {
	of := pairs(text)
	calls, _ := strconv.ParseInt(of["calls"], 10, 64)
	rejected, _ := strconv.ParseInt(of["rejected_calls"], 10, 64)
	usec, _ := strconv.ParseInt(of["usec"], 10, 64)
	return Calls{calls, rejected, time.Duration(usec) * time.Microsecond}
}

// latency reads the percentiles: p50=1.003,p99=4.015,p99.9=7.007.
func (a *account) latency() map[string]map[string]float64 {
	var all map[string]map[string]float64
	for key, text := range a.info {
		name, is := strings.CutPrefix(key, "latency_percentiles_usec_")
		if !is {
			continue
		}
		if all == nil {
			all = map[string]map[string]float64{}
		}
		of := map[string]float64{}
		for percentile, value := range pairs(text) {
			of[percentile], _ = strconv.ParseFloat(value, 64)
		}
		all[name] = of
	}
	return all
}

func pairs(text string) map[string]string {
	all := map[string]string{}
	for pair := range strings.SplitSeq(text, ",") {
		name, value, _ := strings.Cut(pair, "=")
		all[name] = value
	}
	return all
}
