package scenario

import (
	crand "crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/seckill-bench/seckill/scenario/arrival"
	"github.com/seckill-bench/seckill/scenario/conn"
	"github.com/seckill-bench/seckill/scenario/fault"
	"github.com/seckill-bench/seckill/scenario/sale"
	"github.com/seckill-bench/seckill/scenario/server"
)

// A Spec is a whole experiment as data. A scenario file is a Spec in YAML, and
// every field is a flag of the same name with - for _.
type Spec struct {
	Version int `yaml:"version" kong:"-"`

	Server        string `yaml:"server" default:"auto" placeholder:"SERVER" group:"server" help:"auto (a private redis-server or valkey-server from PATH, else embedded), embedded, a server binary, or a URL: redis:// rediss:// unix:// (default ${default})." predictor:"server"`
	Access        `yaml:",inline" embed:""`
	Topology      server.Topology `yaml:"topology" default:"standalone" placeholder:"KIND" group:"server" help:"Of a private server: standalone, replicas:N (a primary with N replicas), cluster:N (N masters with a replica each), or masters:N (N masters without) (default ${default})." predictor:"topology"`
	ServerConfig  string          `yaml:"server_config" placeholder:"LIST" group:"server" help:"Settings of a private server, joined by commas: appendonly=yes,appendfsync=always."`
	ForkAt        time.Duration   `yaml:"fork_at" placeholder:"TIME" group:"server" help:"When a private server shall save its data and rewrite its append-only file, for each of which it forks; never if not given."`
	MaxRate       arrival.Rate    `yaml:"max_rate" name:"max-rate" placeholder:"RATE" group:"server" help:"How often connections are handed out at most, as 20000/s; 10000/s on a server that is not ours, if not given."`
	OwnServer     bool            `yaml:"i_own_this_server" name:"i-own-this-server" group:"server" help:"The server named by a URL is yours to load: no --max-rate unless one is given."`
	Gateway       *Gateway        `yaml:"gateway,omitempty" placeholder:"N*TIME" group:"server" help:"What stands before the server: 8*20ms is 8 workers, each busy for 20 ms with a purchase, and a queue that keeps what buyers have asked for who have left; nothing if not given."`
	AllowFaultsOn string          `yaml:"allow_faults_on" placeholder:"URL" group:"server" help:"The address of a server that is not ours and may be harmed: faults run on no other."`
	Overwrite     bool            `yaml:"overwrite" group:"server" help:"Sell over keys of the item that exist on the server; they are removed like all others."`

	Script   string   `yaml:"script" default:"once" placeholder:"SCRIPT" group:"sale" help:"What sells: a built-in name, or a .lua file with its contract beside it (default ${default}). Of the scenario gate: several, also patterns like 'scripts/*.lua'." predictor:"script"`
	Contract string   `yaml:"contract" placeholder:"FILE" group:"sale" help:"The contract of --script, if it is not the .yaml beside it." predictor:"contract"`
	Item     string   `yaml:"item" placeholder:"ID" group:"sale" help:"The item's id; unique for each run if not given. Further items count on from it."`
	Items    *int64   `yaml:"items" placeholder:"N" group:"sale" help:"Items on sale; the contract's if not given, else 1."`
	Skew     Skew     `yaml:"skew" default:"uniform" placeholder:"HOW" group:"sale" help:"How purchases spread over the items: uniform, or zipf:S (the first is asked for most) (default ${default})."`
	Stock    Range    `yaml:"stock" default:"1000" placeholder:"UNITS" group:"sale" help:"Units of each item; 1..8 draws (default ${default})."`
	Quantity *Mix     `yaml:"quantity" placeholder:"UNITS" group:"sale" help:"Units a purchase: 2, 1..3 to draw, or 1:0.9,5:0.1 to draw by shares; the contract's if not given, else 1."`
	Limit    *int64   `yaml:"limit" placeholder:"UNITS" group:"sale" help:"Units one buyer may hold; the contract's if not given."`
	Restock  Restocks `yaml:"restock" placeholder:"UNITS@TIME" group:"sale" help:"Units that each item gets more, and when: 100@500ms, joined by commas."`

	Buyers      *int64           `yaml:"buyers" placeholder:"N" group:"crowd" help:"Distinct buyers; 5000, or as many as arrive where arrivals end by themselves."`
	Attempts    Range            `yaml:"attempts" default:"1" placeholder:"N[..M]" group:"crowd" help:"Purchases a buyer makes, whatever the answers; 1..3 draws (default ${default})."`
	DoubleClick sale.Share       `yaml:"double_click" default:"0" placeholder:"SHARE" group:"crowd" help:"Share of buyers that send each purchase twice at the same time: 0.05 or 5% (default ${default})."`
	Retries     int              `yaml:"retries" default:"0" placeholder:"N" group:"crowd" help:"Times a buyer sends the same request again after an answer that never came (default ${default})."`
	Release     sale.Share       `yaml:"release" default:"0" placeholder:"SHARE" group:"crowd" help:"Share of buyers that give back what they bought (default ${default})."`
	Abandon     sale.Share       `yaml:"abandon" default:"0" placeholder:"SHARE" group:"crowd" help:"Share of buyers whose clients die once told ok: they confirm nothing, do nothing after, and write no order (default ${default})."`
	Crowd       Crowd            `yaml:"crowd,omitempty" placeholder:"KINDS" group:"crowd" help:"Kinds of buyers by their shares: honest:80%,impatient:15%,bot:5%; all alike if not given."`
	Background  []Background     `yaml:"background,omitempty" sep:"none" placeholder:"'READ rate=RATE'" group:"crowd" help:"What others read beside the sale: 'stock rate=500/s'; may be there more than once."`
	BuyerIDs    sale.BuyerIDs    `yaml:"buyer_ids" name:"buyer-ids" default:"from:1" placeholder:"IDS" group:"crowd" help:"from:N, pattern:u-{n} (from 1 on), or file:PATH with an id a line (default ${default})."`
	Arrivals    arrival.Schedule `yaml:"arrivals" default:"burst" placeholder:"WHEN" group:"crowd" help:"burst; admit:RATE (all wait at the doors, RATE are let in); closed:N (N inside at once); file:CURVE.csv (lines of seconds,rate); or stages constant:RATE[*TIME], poisson:RATE[*TIME], ramp:RATE..RATE*TIME joined by commas, RATE as 20000/s (default ${default})." predictor:"arrivals"`
	Duration    time.Duration    `yaml:"duration" placeholder:"TIME" group:"crowd" help:"How long the doors are open; until all are done if not given."`
	Patience    time.Duration    `yaml:"patience" placeholder:"TIME" group:"crowd" help:"How long after it was due a buyer waits for an answer before he leaves."`

	Conns         conn.Mode     `yaml:"conns" default:"pool:64" placeholder:"MODE" group:"driver" help:"pool:N connections that buyers take turns on, dedicated (one for each buyer inside), or pipelined[:N] (all ask at once over N) (default ${default})." predictor:"conns"`
	Timeout       time.Duration `yaml:"timeout" default:"1s" placeholder:"TIME" group:"driver" help:"How long after a call a reply is waited for (default ${default})."`
	Wait          int           `yaml:"wait" default:"0" placeholder:"N" group:"driver" help:"Replicas that must have a sale before it counts as told (WAIT); too few in half the timeout leave it open (default ${default})."`
	ClientRetries int           `yaml:"client_retries" default:"0" placeholder:"N" group:"driver" help:"Times the client library sends a command again by itself, which nobody sees (default ${default})."`
	Sample        time.Duration `yaml:"sample" default:"10ms" placeholder:"TIME" group:"driver" help:"How often the stock of an item is read beside the sale; 0s: never (default ${default})."`
	LostReplies   sale.Share    `yaml:"lost_replies" default:"0" placeholder:"SHARE" group:"driver" help:"Share of the replies that are lost on their way, each with its connection (default ${default})."`
	Seed          *uint64       `yaml:"seed" placeholder:"N" group:"driver" help:"Repeats the plan of arrivals and buyers; drawn and printed if not given."`

	Orders        string `yaml:"orders" placeholder:"BOOK" group:"orders" help:"Where the client writes an order once told ok: sqlite (a database made for the run), a file that is or becomes an SQLite database and keeps them, or postgres://…; nowhere if not given." predictor:"orders"`
	OrderWorkers  int    `yaml:"order_workers" default:"8" placeholder:"N" group:"orders" help:"How many write orders at the same time (default ${default})."`
	AllowCommands bool   `yaml:"allow_commands" group:"orders" help:"Run the commands by which a contract reads orders."`

	Faults []fault.Fault `yaml:"faults,omitempty" name:"fault" sep:"none" placeholder:"'KIND at=TIME…'" group:"faults" help:"What goes wrong, and when: 'kill at=2s for=800ms'; may be there more than once. seckill scripts lists the kinds." predictor:"fault"`
	Expect []string      `yaml:"expect,omitempty" placeholder:"RULES" group:"faults" help:"Rules that the configuration does not promise to keep, joined by commas; loss-allowed stands for those that losing writes breaks. They are counted, and decide nothing."`

	Variants Variants `yaml:"variants,omitempty" kong:"-"`

	Abort        string `yaml:"abort" placeholder:"LIST" group:"report" help:"What ends the sale early, joined by commas: 'p99>1s for 5s, errors>20% for 2s'."`
	Listen       string `yaml:"listen" placeholder:"ADDRESS" group:"report" help:"Serve live OpenMetrics there while the sale runs: :9464."`
	SLO          string `yaml:"slo" name:"slo" placeholder:"LIST" group:"report" help:"Objectives joined by commas: p99<5ms, ok.p99<10ms, service.p99<1ms, ok.service.p99<1ms, errors<0.1%, dropped<1%, sent>99.9%, throughput>50000/s, selling>40000/s, sold_out_at<300ms, all_answered<2s, back<10s (after a stall)."`
	Report       string `yaml:"report" placeholder:"HOW" group:"report" help:"full: every file, pictures and the page; min: the record and what programs read (full, and min for gate, if not given)." predictor:"report"`
	RetryUnknown int    `yaml:"retry_unknown" placeholder:"N" group:"report" help:"Of gate: times it is tried again while the verdict is unknown."`
	Out          string `yaml:"out" placeholder:"DIR" group:"report" help:"The results folder; results/NAME-TIME if not given."`
	Replace      bool   `yaml:"replace" group:"report" help:"Replace a results folder that exists, if it is one."`
}

// Access is how one gets into a server that somebody else runs.
type Access struct {
	PasswordFile string `yaml:"password_file" placeholder:"FILE" group:"server" help:"A file with the server's password; else the URL's, else $REDISCLI_AUTH." predictor:"file"`
	TLSCA        string `yaml:"tls_ca" name:"tls-ca" placeholder:"FILE" group:"server" help:"The certificate authority to trust, PEM." predictor:"file"`
	TLSCert      string `yaml:"tls_cert" name:"tls-cert" placeholder:"FILE" group:"server" help:"The client's certificate, PEM." predictor:"file"`
	TLSKey       string `yaml:"tls_key" name:"tls-key" placeholder:"FILE" group:"server" help:"The client's key, PEM." predictor:"file"`
	Resp         int    `yaml:"resp" default:"0" placeholder:"2|3" group:"server" help:"The version of the protocol; 2 if not given."`
	NoHello      bool   `yaml:"no_hello" name:"no-hello" group:"server" help:"Send no HELLO: some proxies close the connection on it. A password goes by AUTH."`
	TLSInsecure  bool   `yaml:"tls_insecure" name:"tls-insecure" group:"server" help:"Do not verify the server's certificate."`
}

// defaultBuyers come where neither the spec nor the schedule says how many.
const defaultBuyers = 5000

const (
	// maxUnits keeps every quantity and sum of units far from the end of its type.
	maxUnits = 1 << 30
	// maxItems is as many as an attempt can number.
	maxItems = 1 << 16
	// maxAttempts and maxRetries are beyond what any buyer does.
	maxAttempts, maxRetries = 200, 100
)

// Prepare draws the seed of a spec that has none, and refuses one that cannot
// be run; the error names the field as a flag.
func (s *Spec) Prepare() error {
	if s.Seed == nil {
		var drawn [8]byte
		crand.Read(drawn[:])
		s.Seed = new(binary.LittleEndian.Uint64(drawn[:]) >> 32) // short enough to type
	}
	if err := s.readCurve(); err != nil {
		return err
	}
	return s.check()
}

func (s *Spec) check() error {
	for _, bad := range []struct {
		is   bool
		text string
	}{
		{s.Version != 1, fmt.Sprintf("version %d: this seckill reads version 1", s.Version)},
		{s.Stock.Most > maxUnits, fmt.Sprintf("--stock %s: more than %d units are not supported", s.Stock, maxUnits)},
		{s.Items != nil && (*s.Items < 1 || *s.Items > maxItems), fmt.Sprintf("--items: a sale has from 1 to %d items", maxItems)},
		{less(s.Buyers, 1), "--buyers: a sale needs 1 buyer or more"},
		{s.Attempts.Least < 1 || s.Attempts.Most > maxAttempts, fmt.Sprintf("--attempts %s: a buyer makes from 1 to %d purchases", s.Attempts, maxAttempts)},
		{s.Quantity != nil && s.Quantity.Least() < 1, "--quantity: a purchase takes 1 unit or more"},
		{s.Quantity != nil && s.Quantity.Most() > maxUnits, fmt.Sprintf("--quantity: more than %d units are not supported", maxUnits)},
		{less(s.Limit, 0), "--limit: a limit is 1 unit or more, or 0 for none"},
		{s.Retries < 0 || s.Retries > maxRetries, fmt.Sprintf("--retries %d: a request is sent again from 0 to %d times", s.Retries, maxRetries)},
		{s.RetryUnknown < 0 || s.RetryUnknown > maxRetries, fmt.Sprintf("--retry-unknown %d: want from 0 to %d times", s.RetryUnknown, maxRetries)},
		{s.Report != "" && s.Report != "min" && s.Report != "full", fmt.Sprintf("--report %s: want min or full", s.Report)},
		{s.Duration < 0, fmt.Sprintf("--duration %s: the doors must be open for some time", s.Duration)},
		{s.Patience < 0, fmt.Sprintf("--patience %s: patience is a length of time", s.Patience)},
		{s.Timeout <= 0, fmt.Sprintf("--timeout %s: a reply needs some time", s.Timeout)},
		{s.Wait > 0 && s.Topology.ReplicasEach() == 0, fmt.Sprintf("--wait %d needs replicas: --topology replicas:%d", s.Wait, s.Wait)},
		{s.Wait < 0 || s.Wait > s.Topology.ReplicasEach(), fmt.Sprintf("--wait %d: a primary of --topology %s has no more than %d (replicas:N)", s.Wait, s.Topology, s.Topology.ReplicasEach())},
		{s.ClientRetries < 0 || s.ClientRetries > maxRetries, fmt.Sprintf("--client-retries %d: want from 0 to %d times", s.ClientRetries, maxRetries)},
		{s.Wait > 0 && s.ClientRetries > 0, "--wait does not go with --client-retries: the library would ask about another connection than the one that sold"},
		{s.Wait > 0 && s.Conns.Pipelines(), "--wait does not go with --conns " + s.Conns.String() + ": WAIT would hold up all who share the connection"},
		{s.ClientRetries > 0 && s.Conns.Pipelines(), "--client-retries does not go with --conns " + s.Conns.String() + ": the library would send a whole batch again"},
		{s.ForkAt < 0, fmt.Sprintf("--fork-at %s: want a time after the doors open", s.ForkAt)},
		{s.Sample < 0, fmt.Sprintf("--sample %s: want a length of time, or 0s", s.Sample)},
		{(s.TLSCert == "") != (s.TLSKey == ""), "--tls-cert and --tls-key go together"},
		{s.Arrivals.Turns != nil && len(s.Restock) > 0, "--restock goes with items that are on sale together, not with --arrivals " + s.Arrivals.String()},
		{s.Arrivals.Turns != nil && s.ForkAt > 0, "--fork-at goes with items that are on sale together, not with --arrivals " + s.Arrivals.String()},
		{s.Arrivals.Turns != nil && len(s.Faults) > 0, "--fault goes with items that are on sale together, not with --arrivals " + s.Arrivals.String()},
	} {
		if bad.is {
			return errors.New(bad.text)
		}
	}
	for _, check := range []func() error{s.checkRoom, s.checkCrowd, s.checkBackground, s.checkOrders, s.checkGuard, s.checkGateway} {
		if err := check(); err != nil {
			return err
		}
	}
	if n, each := s.planned(), s.stride(); n > math.MaxUint32 || n*each > math.MaxUint32 {
		return fmt.Errorf("%d buyers with up to %d purchases are more than the %d a run can record", n, each, math.MaxUint32)
	}
	return nil
}

// Settings are the lines of configuration of a private server.
func (s *Spec) Settings() (lines []string, err error) {
	if s.ServerConfig == "" {
		return nil, nil
	}
	for pair := range strings.SplitSeq(s.ServerConfig, ",") {
		name, value, found := strings.Cut(strings.TrimSpace(pair), "=")
		if !found || name == "" || strings.ContainsAny(pair, "\r\n") {
			return nil, fmt.Errorf("--server-config %q: want settings like appendonly=yes, joined by commas", pair)
		}
		lines = append(lines, name+"="+value)
	}
	return lines, nil
}

func less(v *int64, least int64) bool { return v != nil && *v < least }

// planned is how many buyers come if nothing ends the run early.
func (s *Spec) planned() int64 {
	if s.Buyers != nil {
		return *s.Buyers
	}
	length, ends := s.Arrivals.Length()
	if s.Duration > 0 && (!ends || s.Duration < length) {
		length, ends = s.Duration, true
	}
	if s.Arrivals.Model != arrival.Open || !ends {
		return defaultBuyers
	}
	var n int64
	for at := range s.Arrivals.Times(s.source(streamArrivals)) {
		if at >= length || n > math.MaxUint32 {
			break
		}
		n++
	}
	return n
}

// Connections is how many connections the sale opens at once, as far as the
// plan can tell.
func (s *Spec) Connections() int {
	if s.Conns != conn.Dedicated {
		return s.Conns.Shared()
	}
	inside := int64(defaultBuyers) // with open arrivals as many as the server keeps waiting
	switch {
	case s.Arrivals.Paced():
	case s.Arrivals.Model == arrival.Burst:
		inside = s.planned()
	default:
		inside = min(s.planned(), int64(s.Arrivals.Inside))
	}
	if s.clicksTwice() {
		inside *= 2
	}
	return int(inside)
}
