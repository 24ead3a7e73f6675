// An executor on the driver of mesos-go as it was before the v1 API: says RUNNING with data, echoes messages, ends
// tasks when it is told to, and writes down what the driver tells it.
package main

import (
	"flag"
	"fmt"
	"net"
	"os"
	"strings"

	"github.com/mesos/mesos-go/api/v0/executor"
	"github.com/mesos/mesos-go/api/v0/mesosproto"
)

type oldExecutor struct{}

func note(format string, values ...interface{}) {
	fmt.Printf("executor: "+format+"\n", values...)
}

func update(driver executor.ExecutorDriver, id *mesosproto.TaskID, state mesosproto.TaskState, data string) {
	status := &mesosproto.TaskStatus{TaskId: id, State: state.Enum(), Data: []byte(data)}
	if _, err := driver.SendStatusUpdate(status); err != nil {
		note("update failed: %v", err)
	}
}

func (oldExecutor) Registered(_ executor.ExecutorDriver, info *mesosproto.ExecutorInfo, framework *mesosproto.FrameworkInfo, agent *mesosproto.SlaveInfo) {
	note("registered %s of %s on %s", info.GetExecutorId().GetValue(), framework.GetName(), agent.GetHostname())
}

func (oldExecutor) Reregistered(_ executor.ExecutorDriver, agent *mesosproto.SlaveInfo) {
	note("reregistered on %s", agent.GetHostname())
}

func (oldExecutor) Disconnected(executor.ExecutorDriver) { note("disconnected") }

func (oldExecutor) LaunchTask(driver executor.ExecutorDriver, task *mesosproto.TaskInfo) {
	note("launch %s", task.GetTaskId().GetValue())
	update(driver, task.TaskId, mesosproto.TaskState_TASK_RUNNING, "data of "+string(task.Data))
}

func (oldExecutor) KillTask(driver executor.ExecutorDriver, id *mesosproto.TaskID) {
	note("kill %s", id.GetValue())
	update(driver, id, mesosproto.TaskState_TASK_KILLED, "")
}

func (oldExecutor) FrameworkMessage(driver executor.ExecutorDriver, message string) {
	note("message %s", message)
	if id := strings.TrimPrefix(message, "finish "); id != message {
		update(driver, &mesosproto.TaskID{Value: &id}, mesosproto.TaskState_TASK_FINISHED, "")
		return
	}
	if _, err := driver.SendFrameworkMessage("echo " + message); err != nil {
		note("message failed: %v", err)
	}
}

func (oldExecutor) Shutdown(executor.ExecutorDriver) { note("shutdown") }

func (oldExecutor) Error(_ executor.ExecutorDriver, message string) { note("error %s", message) }

func main() {
	flag.Parse()
	// The machine's name need not lead to an address of its own.
	address := net.ParseIP(os.Getenv("LIBPROCESS_IP"))
	driver, err := executor.NewMesosExecutorDriver(executor.DriverConfig{Executor: oldExecutor{}, BindingAddress: address})
	if err != nil {
		note("no driver: %v", err)
		os.Exit(1)
	}
	status, err := driver.Run()
	note("ended %v %v", status, err)
}
