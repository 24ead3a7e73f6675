// A scheduler with the Go driver of Mesos' first API (mesos-go v0). It does what standard input says, a word and its
// arguments a line, and writes what it hears to standard output, a JSON object a line.
package main

import (
	"bufio"
	"encoding/json"
	"flag"
	"fmt"
	"net"
	"os"
	"strings"
	"sync"

	"github.com/gogo/protobuf/proto"
	mesos "github.com/mesos/mesos-go/api/v0/mesosproto"
	"github.com/mesos/mesos-go/api/v0/mesosutil"
	sched "github.com/mesos/mesos-go/api/v0/scheduler"
)

type fields map[string]interface{}

type scheduler struct {
	sync.Mutex
	offers []*mesos.Offer
	// Launches that wait for an offer: an id and a command each.
	waiting [][2]string
	// Where the last task went.
	agent *mesos.SlaveID
}

func (s *scheduler) say(event string, more fields) {
	s.Lock()
	defer s.Unlock()
	line := fields{"event": event}
	for key, value := range more {
		line[key] = value
	}
	text, _ := json.Marshal(line)
	fmt.Println(string(text))
}

func (s *scheduler) Registered(_ sched.SchedulerDriver, id *mesos.FrameworkID, master *mesos.MasterInfo) {
	s.say("registered", fields{"id": id.GetValue(), "master": master.GetPid()})
}

func (s *scheduler) Reregistered(_ sched.SchedulerDriver, master *mesos.MasterInfo) {
	s.say("reregistered", fields{"master": master.GetPid()})
}

func (s *scheduler) Disconnected(sched.SchedulerDriver) {
	s.Lock()
	s.offers = nil
	s.Unlock()
	s.say("disconnected", nil)
}

func (s *scheduler) ResourceOffers(driver sched.SchedulerDriver, offers []*mesos.Offer) {
	s.Lock()
	s.offers = append(s.offers, offers...)
	s.Unlock()
	s.say("offers", fields{"count": len(offers)})
	s.launchNext(driver)
}

func (s *scheduler) OfferRescinded(_ sched.SchedulerDriver, id *mesos.OfferID) {
	s.Lock()
	for i, offer := range s.offers {
		if offer.Id.GetValue() == id.GetValue() {
			s.offers = append(s.offers[:i], s.offers[i+1:]...)
			break
		}
	}
	s.Unlock()
	s.say("rescinded", fields{"id": id.GetValue()})
}

func (s *scheduler) StatusUpdate(_ sched.SchedulerDriver, status *mesos.TaskStatus) {
	heard := fields{"task": status.TaskId.GetValue(), "state": status.GetState().String()}
	if status.Reason != nil {
		heard["reason"] = status.GetReason().String()
	}
	s.say("update", heard)
}

func (s *scheduler) FrameworkMessage(
	_ sched.SchedulerDriver, executor *mesos.ExecutorID, agent *mesos.SlaveID, text string) {
	s.say("message", fields{"executor": executor.GetValue(), "agent": agent.GetValue(), "text": text})
}

func (s *scheduler) SlaveLost(_ sched.SchedulerDriver, agent *mesos.SlaveID) {
	s.say("lost", fields{"agent": agent.GetValue()})
}

func (s *scheduler) ExecutorLost(
	_ sched.SchedulerDriver, executor *mesos.ExecutorID, _ *mesos.SlaveID, status int) {
	s.say("executor lost", fields{"executor": executor.GetValue(), "status": status})
}

func (s *scheduler) Error(_ sched.SchedulerDriver, text string) { s.say("error", fields{"text": text}) }

func (s *scheduler) take() *mesos.Offer {
	s.Lock()
	defer s.Unlock()
	if len(s.offers) == 0 {
		return nil
	}
	offer := s.offers[0]
	s.offers = s.offers[1:]
	return offer
}

// One task with the first offer. Drivers call back while they hold their lock, so calls are made beside.
func (s *scheduler) launchNext(driver sched.SchedulerDriver) {
	s.Lock()
	defer s.Unlock()
	if len(s.offers) == 0 || len(s.waiting) == 0 {
		return
	}
	offer, wanted := s.offers[0], s.waiting[0]
	s.offers, s.waiting, s.agent = s.offers[1:], s.waiting[1:], offer.SlaveId
	task := &mesos.TaskInfo{
		Name:      proto.String(wanted[0]),
		TaskId:    mesosutil.NewTaskID(wanted[0]),
		SlaveId:   offer.SlaveId,
		Resources: []*mesos.Resource{mesosutil.NewScalarResource("cpus", 0.1), mesosutil.NewScalarResource("mem", 32)},
	}
	// A command of its own, or that of the executor of the same name.
	if program := strings.TrimPrefix(wanted[1], "executor "); program != wanted[1] {
		task.Executor = mesosutil.NewExecutorInfo(mesosutil.NewExecutorID(wanted[0]), mesosutil.NewCommandInfo(program))
	} else {
		task.Command = mesosutil.NewCommandInfo(wanted[1])
	}
	filters := &mesos.Filters{RefuseSeconds: proto.Float64(0)}
	go driver.LaunchTasks([]*mesos.OfferID{offer.Id}, []*mesos.TaskInfo{task}, filters)
}

func (s *scheduler) obey(driver sched.SchedulerDriver, line string) {
	words := strings.SplitN(line, " ", 3)
	switch words[0] {
	case "launch":
		s.Lock()
		s.waiting = append(s.waiting, [2]string{words[1], words[2]})
		s.Unlock()
		s.launchNext(driver)
	case "decline":
		if offer := s.take(); offer != nil {
			driver.DeclineOffer(offer.Id, &mesos.Filters{RefuseSeconds: proto.Float64(3600)})
		}
	case "revive":
		driver.ReviveOffers()
	case "kill":
		driver.KillTask(mesosutil.NewTaskID(words[1]))
	case "say":
		s.Lock()
		agent := s.agent
		s.Unlock()
		driver.SendFrameworkMessage(mesosutil.NewExecutorID(words[1]), agent, words[2])
	case "reconcile":
		statuses := []*mesos.TaskStatus{}
		if len(words) > 1 {
			state := mesos.TaskState_TASK_RUNNING
			statuses = append(statuses, mesosutil.NewTaskStatus(mesosutil.NewTaskID(words[1]), state))
		}
		driver.ReconcileTasks(statuses)
	case "leave":
		driver.Stop(true)
	case "stop":
		driver.Stop(false)
	}
}

func main() {
	master := flag.String("master", "127.0.0.1:5050", "host:port of the master")
	id := flag.String("id", "", "id of the framework to take over")
	failover := flag.Float64("failover", 60, "failover_timeout in seconds")
	flag.Parse()
	framework := &mesos.FrameworkInfo{
		User:            proto.String(os.Getenv("USER")),
		Name:            proto.String("go-driver"),
		FailoverTimeout: failover,
		Checkpoint:      proto.Bool(true),
	}
	if *id != "" {
		framework.Id = mesosutil.NewFrameworkID(*id)
	}
	s := &scheduler{}
	driver, err := sched.NewMesosSchedulerDriver(sched.DriverConfig{
		Scheduler:        s,
		Framework:        framework,
		Master:           *master,
		BindingAddress:   net.ParseIP("127.0.0.1"),
		HostnameOverride: "localhost",
	})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	go func() {
		lines := bufio.NewScanner(os.Stdin)
		for lines.Scan() {
			s.obey(driver, lines.Text())
		}
	}()
	status, err := driver.Run()
	s.say("ended", fields{"status": status.String()})
}
