package scenario

import (
	"time"

	"github.com/seckill-bench/seckill/scenario/sale"
)

// A Crowd is the kinds of buyers that come. Its text is KIND:SHARE joined by
// commas, of the kinds that are built in.
type Crowd []Kind

// A Kind of buyer: how often he comes, when he clicks again, how long he thinks
// and waits, and how a request is sent again whose answer never came.
type Kind struct {
	// Kind is honest, impatient or bot, whose habits the other fields change, or a
	// name of its own.
	Kind  string     `yaml:"kind"`
	Share sale.Share `yaml:"share"`
	// Attempts is how many purchases he makes, whatever the answers; --attempts if
	// not given.
	Attempts *Range `yaml:"attempts,omitempty"`
	// ClickAgain are the outcomes after which he makes one more purchase, Clicks
	// times at most.
	ClickAgain []sale.Outcome `yaml:"click_again,omitempty"`
	Clicks     int            `yaml:"clicks,omitempty"`
	// Think is how long he thinks before he clicks again.
	Think time.Duration `yaml:"think,omitempty"`
	// Patience is how long after he was due he waits for an answer; --patience if
	// not given.
	Patience time.Duration `yaml:"patience,omitempty"`
	Resend   Resend        `yaml:"resend,omitempty"`
}

// A Resend is a policy for requests whose answer never came.
type Resend struct {
	// Max is how many times it is sent again; --retries if not given.
	Max *int `yaml:"max,omitempty"`
	// Backoff is how long he waits before the first resend, and twice as long
	// before each further one; Jitter is the share of it that is drawn.
	Backoff time.Duration `yaml:"backoff,omitempty"`
	Jitter  sale.Share    `yaml:"jitter,omitempty"`
	// Budget is how many resends all buyers of the kind may make for each request
	// they make; 0: no bound.
	Budget sale.Share `yaml:"budget,omitempty"`
	// New: a resend is a new request, not the same again.
	New bool `yaml:"new,omitempty"`
}

// UnmarshalText accepts KIND:SHARE joined by commas.
func (c *Crowd) UnmarshalText(text []byte) error { panic("skeleton") }

// checkCrowd refuses a crowd that cannot come.
func (s *Spec) checkCrowd() error { return nil }
