package server

import (
	"reflect"
	"strings"
	"testing"
	"time"
)

// told is an account of a process that says what is given.
func told(run string, at time.Time, lines ...string) account {
	return account{node: "node 1", at: at, info: fields(strings.Join(append(lines, "run_id:"+run), "\n")), slow: -1, told: true}
}

func TestUseIsWhatCameBetween(t *testing.T) {
	start := time.Unix(1000, 0)
	then := told("a", start, "role:master", "used_cpu_user:1.0", "used_cpu_sys:0.5", "used_cpu_user_main_thread:0.9", "used_cpu_sys_main_thread:0.4",
		"total_commands_processed:10", "total_forks:2", "cmdstat_evalsha:calls=5,usec=50,usec_per_call=10.00,rejected_calls=0,failed_calls=0",
		"cmdstat_get:calls=5,usec=5,usec_per_call=1.00,rejected_calls=0,failed_calls=0")
	now := told("a", start.Add(2*time.Second), "role:master", "used_cpu_user:2.2", "used_cpu_sys:0.800001", "used_cpu_user_main_thread:2.0", "used_cpu_sys_main_thread:0.7",
		"total_commands_processed:110", "total_forks:3", "latest_fork_usec:300", "aof_rewrite_in_progress:1", "io_threads_active:1", "used_memory:100", "used_memory_peak:200",
		"connected_clients:7", "instantaneous_ops_per_sec:50",
		"cmdstat_evalsha:calls=45,usec=1050,usec_per_call=23.33,rejected_calls=2,failed_calls=0", "cmdstat_get:calls=5,usec=5,usec_per_call=1.00,rejected_calls=0,failed_calls=0",
		"latency_percentiles_usec_evalsha:p50=10.111,p99=20.5,p99.9=21")
	now.slow, now.entries = 8, []SlowCommand{{Name: "evalsha", Took: 2}, {Name: "info", Took: 9}, {Name: "auth", Took: 4}, {Name: "old", Took: 99}, {Name: "older", Took: 99}}
	then.slow = 5
	uses, missing := (&Accounts{nodes: []account{now}}).Since(&Accounts{nodes: []account{then}})
	want := Use{
		Node: "node 1", Master: true, Time: 2 * time.Second,
		MainThread: new(1400 * time.Millisecond), CPU: new(1500*time.Millisecond + 1000), Resolution: time.Microsecond,
		Memory: new(int64(100)), Peak: new(int64(200)), Commands: new(int64(100)), Rate: new(int64(50)), Clients: new(int64(7)),
		Forks: new(int64(1)), LatestFork: new(int64(300)), Saving: true, IOThreads: true,
		Calls:   map[string]Calls{"evalsha": {40, 2, 1000 * time.Microsecond}},
		Latency: map[string]map[string]float64{"evalsha": {"p50": 10.111, "p99": 20.5, "p99.9": 21}},
		Slow:    new(int64(3)), Slowest: []SlowCommand{{Name: "info", Took: 9}, {Name: "auth", Took: 4}, {Name: "evalsha", Took: 2}},
	}
	if len(uses) != 1 || len(missing) > 0 || !reflect.DeepEqual(uses[0], want) {
		t.Errorf("got %+v, %v\nwant %+v", uses, missing, want)
	}
}

func TestUseThatIsNotTold(t *testing.T) {
	at := time.Unix(1000, 0)
	bare, again := told("a", at), told("b", at)
	silent := bare
	silent.told = false
	for _, test := range []struct {
		reason      string
		then, now   []account
		uses        int
		missing     string
		mustBeKnown bool
	}{
		{"a process that is another", []account{bare}, []account{again}, 0, "the server node 1 was started again", false},
		{"one that did not answer before", nil, []account{bare}, 0, "did not answer before", false},
		{"one that does not answer now", []account{bare}, nil, 0, "", false},
		{"one that does not show its slow log", []account{bare}, []account{silent}, 1, "", false},
		{"one that shows it", []account{bare}, []account{bare}, 1, "", true},
	} {
		uses, missing := (&Accounts{nodes: test.now}).Since(&Accounts{nodes: test.then})
		if len(uses) != test.uses || !strings.Contains(strings.Join(missing, ";"), test.missing) || test.missing == "" && len(missing) > 0 {
			t.Errorf("%s: %+v, %v", test.reason, uses, missing)
		}
		if len(uses) == 1 && (uses[0].MainThread != nil || uses[0].Memory != nil || uses[0].Calls != nil || (uses[0].Slow != nil) != test.mustBeKnown) {
			t.Errorf("%s: %+v", test.reason, uses[0])
		}
	}
}

func TestResolution(t *testing.T) {
	for _, test := range []struct {
		times []time.Duration
		want  time.Duration
	}{
		{[]time.Duration{1230 * time.Millisecond, 40 * time.Millisecond}, tick},
		{[]time.Duration{1230 * time.Millisecond, 40*time.Millisecond + time.Microsecond}, fine},
	} {
		var all []*time.Duration
		for i := range test.times {
			all = append(all, &test.times[i])
		}
		if got := resolution(append(all, nil)...); got != test.want {
			t.Errorf("%v: %v, want %v", test.times, got, test.want)
		}
	}
}

func TestAccountsOfAServer(t *testing.T) {
	needRedis(t)
	s := mustOpen(t, Options{Server: "redis-server"})
	s.ResetStats(t.Context())
	if _, err := s.Do(t.Context(), "CONFIG", "SET", "slowlog-log-slower-than", "0"); err != nil {
		t.Fatal(err)
	}
	before := s.Accounts(t.Context())
	const script = "for i = 1, 1000000 do end redis.call('GET', 'k') return 'secret'"
	for range 3 {
		if _, err := s.Do(t.Context(), "EVAL", script, 0); err != nil {
			t.Fatal(err)
		}
	}
	uses, missing := s.Accounts(t.Context()).Since(before)
	if len(uses) != 1 || len(missing) > 0 {
		t.Fatalf("%+v, %v", uses, missing)
	}
	u := uses[0]
	if u.Calls["eval"].Calls != 3 || u.Calls["get"].Calls != 3 || u.Calls["eval"].Time <= u.Calls["get"].Time {
		t.Errorf("calls: %+v", u.Calls)
	}
	if u.Node != "" || !u.Master || u.Time <= 0 || u.CPU == nil || *u.CPU <= 0 || *u.CPU > u.Time*4 || u.Memory == nil || u.Commands == nil || *u.Commands < 6 {
		t.Errorf("%+v", u)
	}
	if u.Slow == nil || *u.Slow < 3 || u.Slowest[0].Name != "eval" || len(u.Slowest) > slowest {
		t.Errorf("slow: %v, %+v", u.Slow, u.Slowest)
	}
}

func TestAccountsThatAreRefused(t *testing.T) {
	r := startRemote(t, "no")
	for user, test := range map[string]struct {
		nodes   int
		refused string
	}{
		"shy:" + password:   {0, "INFO refused (NOPERM"},
		"buyer:" + password: {1, ""},
	} {
		s, err := Open(t.Context(), Options{Server: "redis://" + user + "@" + r.plain})
		if err != nil {
			t.Fatal(err)
		}
		all := s.Accounts(t.Context())
		if got := strings.Join(all.Refused, "; "); len(all.nodes) != test.nodes || !strings.HasPrefix(got, test.refused) || test.refused == "" && got != "" || strings.Contains(got, password) {
			t.Errorf("%s: %d accounts, refused %q", strings.TrimSuffix(user, password), len(all.nodes), got)
		}
		s.ResetStats(t.Context())
		s.Close()
	}
}
