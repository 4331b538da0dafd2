using System.CommandLine;
using Quorate.Cli.Common;
using Quorate.Cli.Views;
using Quorate.Contracts.Coordination;
using Quorate.Engine.Coordination;
using Quorate.Protocol.Hierarchy;

namespace Quorate.Cli.Commands;

/// <summary>One hierarchy of agents for one graph of jobs.</summary>
internal static class OrganiseCommand
{
    public static Command Create()
    {
        var file = new Argument<string>("taskfile") { Description = "The jobs, as docs/schemas/organise-task.json describes them." };
        var agents = new Option<string>("--agents") { Description = "The agents, as docs/schemas/agents.json describes them.", HelpName = "FILE", Required = true };
        var lose = new Option<string[]>("--lose") { Description = "An agent that is lost afterwards; may be given several times, in their order.", HelpName = "AGENT", DefaultValueFactory = _ => [] };
        var command = new Command("organise", "Organise agents into a hierarchy for a graph of jobs (exit 1 if a role stays without an agent or the deadline is missed).") { file, agents, lose };
        command.SetAction((parse, token) => Workspace.RunAsync(parse, async workspace =>
        {
            var task = InputFile.Read(parse.GetValue(file)!, OrganiseTaskReader.MaxBytes, "task_file", OrganiseTaskReader.Read);
            var known = InputFile.Read(parse.GetValue(agents)!, AgentsFileReader.MaxBytes, "agents_file", AgentsFileReader.Read);
            var result = await Interruption.ComputeAsync(() => parse.GetValue(lose)!.Aggregate(AgentHierarchy.Organise(task, known.Agents), (before, agent) => before.Lose(agent)).Result(), token);
            workspace.Output.Result(result, _ => OrganiseView.Show(workspace.Output, result));
            return ExitCode(result);
        }));
        return command.WithExamples(
            "quorate organise lab/workloads/pipeline-task.json --agents lab/agents/pipeline.json",
            "quorate organise lab/workloads/pipeline-task.json --agents lab/agents/pipeline.json --lose eli --json");
    }

    private static int ExitCode(OrganiseResult result) =>
        result.Roles.All(r => r.Agent is not null) && result.ExpectedPerformance.DeadlineMet != false ? ExitCodes.Done : ExitCodes.Negative;
}
