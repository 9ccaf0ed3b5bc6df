package history

import "time"

// Driver is what the harness itself used while the doors were open: from their
// opening to the last return, of lots that were sold one after the other the sum.
// What does not exist, or was not recorded, is nil or 0.
type Driver struct {
	// Time is how long the doors were open, in ns.
	Time int64 `json:"time"`
	// CPU is user and system time of the process, in ns.
	CPU int64 `json:"cpu"`
	// CPUs is how many it could use at once: those of the machine, as far as
	// GOMAXPROCS and the quota of its control group let it.
	CPUs float64 `json:"cpus"`
	// Quota is that of the control group, in CPUs; nil: it has none.
	Quota *float64 `json:"cpu_quota"`
	// Throttled is how often and for how long the control group was kept from
	// running because its quota was used up; nil where nothing is counted.
	Throttled *Throttled `json:"throttled"`
	// MaxRSS is the largest resident memory, in bytes.
	MaxRSS int64 `json:"max_rss"`
	// GCPauseMax is the longest stop of the collector, and GCPause is how long all
	// of its GCs took together, in ns.
	GCPauseMax int64 `json:"gc_pause_max"`
	GCPause    int64 `json:"gc_pause"`
	GCs        int64 `json:"gcs"`
	// Files is how many files the process may have open; 0: not known.
	Files int64 `json:"files"`
	// Bound is what limited the run where whoever made it knows: server,
	// connections, driver, host, schedule. Empty or unknown: the figures tell.
	Bound string `json:"bound,omitempty"`
}

// Throttled is what a control group lost to its quota; Time is in ns.
type Throttled struct {
	Times int64 `json:"times"`
	Time  int64 `json:"time"`
}

// Links is what the connections of the buyers did while the doors were open, as
// a gauge showed it that knows nothing of the attempts and has a clock of its own.
type Links struct {
	// Seats is how many connections were shared; 0: each buyer had his own.
	Seats int `json:"seats"`
	// Held is how long exchanges were under way, all together, in ns; 0: not known.
	Held int64 `json:"held"`
	// Samples is how often the gauge was read beside: at instants drawn at random,
	// 10 ms apart in the mean. Late is how late it was read, in the mean, in ns.
	Samples int64 `json:"samples"`
	Late    int64 `json:"late"`
	// Open, Busy and InFlight are means: connections that stood, those of them with
	// an exchange under way, and exchanges under way, of the readings.
	Open     float64 `json:"open"`
	Busy     float64 `json:"busy"`
	InFlight float64 `json:"in_flight"`
	// Spread is the standard deviation of the readings of InFlight.
	Spread float64 `json:"in_flight_spread"`
	// Sent is how many exchanges were begun. Further is how many of them were no
	// attempt's first: the others of an attempt that takes several commands, those
	// that loaded a script, and those that restocked.
	Sent    int64 `json:"sent"`
	Further int64 `json:"further"`
	// MaxRate is how often connections were handed out at most, per second; 0: as
	// often as they came free. Limited is how many had to wait for that, and Kept how
	// long they did, together, in ns.
	MaxRate float64 `json:"max_rate,omitempty"`
	Limited int64   `json:"limited,omitempty"`
	Kept    int64   `json:"kept,omitempty"`
}

// Served is what one process of the server used and did while the doors were
// open. What it does not tell is nil.
type Served struct {
	// Node is empty where there is one.
	Node   string `json:"node,omitempty"`
	Master bool   `json:"master"`
	// Time is that between the two accounts which the figures are the difference
	// of, in ns: a little longer than the doors were open.
	Time int64 `json:"time"`
	// MainThread is CPU time of the thread that runs commands, CPU that of the whole
	// process, in ns; Resolution is how finely they are counted.
	MainThread *int64 `json:"main_thread"`
	CPU        *int64 `json:"cpu"`
	Resolution int64  `json:"cpu_resolution"`
	// Memory and MemoryPeak are bytes at the end; the peak is since the start.
	Memory     *int64 `json:"memory"`
	MemoryPeak *int64 `json:"memory_peak"`
	// Commands are those processed, those that scripts call among them; Rate is how
	// many a second, by the server's own reckoning at the end.
	Commands *int64 `json:"commands"`
	Rate     *int64 `json:"rate"`
	Clients  *int64 `json:"clients"`
	// Forks are those that fell into the time; LatestFork is how long the latest
	// one ever stopped the process, in ns. Saving: one was under way at the end.
	Forks      *int64 `json:"forks"`
	LatestFork *int64 `json:"latest_fork"`
	Saving     bool   `json:"saving"`
	IOThreads  bool   `json:"io_threads"`
	// Calls are those of each command, those that scripts call among them.
	Calls map[string]Calls `json:"calls"`
	// Latency holds the percentiles of each command in µs, p50 and so on: since the
	// statistics were reset where the server is the harness's own, which it did
	// before the doors opened, else since the server's start.
	Latency map[string]map[string]float64 `json:"latency_us"`
	// Slow is how many commands went into the slow log, Slowest the longest of
	// them, without their arguments.
	Slow    *int64 `json:"slow"`
	Slowest []Slow `json:"slowest,omitempty"`
}

// Calls are those of one command: how many, how many more were refused before
// they ran, and how long all took together, in ns.
type Calls struct {
	Calls    int64 `json:"calls"`
	Rejected int64 `json:"rejected"`
	Time     int64 `json:"time"`
}

// Slow is a command of the slow log; Took is in ns.
type Slow struct {
	Name string    `json:"name"`
	At   time.Time `json:"at"`
	Took int64     `json:"took"`
}

// Baseline is how long an idle server took over one connection, before the doors
// opened. What it refused is nil, and Refused says why.
type Baseline struct {
	Ping *RoundTrips `json:"ping"`
	// NoOp is of a script that does nothing.
	NoOp    *RoundTrips `json:"noop"`
	Refused []string    `json:"refused,omitempty"`
}

// RoundTrips are several of the same kind, in ns.
type RoundTrips struct {
	Count int64 `json:"count"`
	P50   int64 `json:"p50"`
	Mean  int64 `json:"mean"`
	Max   int64 `json:"max"`
}
