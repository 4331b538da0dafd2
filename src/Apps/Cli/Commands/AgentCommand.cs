using System.CommandLine;
using System.Security.Cryptography;
using System.Text;
using Quorate.Cli.Agents;
using Quorate.Cli.Common;
using Quorate.Contracts;
using Quorate.Protocol.Consensus;
using Quorate.Storage.Certificates;
using Quorate.Storage.Keys;
using Quorate.Transport.Clients;
using Spectre.Console;
using Output = Quorate.Cli.Common.Output;

namespace Quorate.Cli.Commands;

/// <summary>One consensus replica as a process of its own, and a client that asks such a group.</summary>
internal static class AgentCommand
{
    private const string LiesVariable = "QUORATE_ALLOW_LIES";

    public static Command Create()
    {
        var id = new Option<string>("--id") { Description = "Which replica of the peers file this is.", HelpName = "NAME", Required = true };
        var peers = Peers();
        var data = new Option<string?>("--data") { Description = "Folder for what this replica must not forget, one for each replica. Without it a restarted replica has lost its votes and counts as one of the f faulty ones.", HelpName = "DIR" };
        var durable = new Option<string>("--durable") { Description = "With --data: fsync waits for the disk before anything is said; none survives the end of the process, not of the machine.", DefaultValueFactory = _ => "fsync" };
        durable.AcceptOnlyFromAmong("fsync", "none");
        var bindAny = new Option<bool>("--bind-any") { Description = "Allow an address that other machines can reach." };
        var requests = Requests();
        var lie = new Option<string>("--lie") { Hidden = true, DefaultValueFactory = _ => "none" };
        var untilClosed = new Option<bool>("--until-stdin-closes") { Hidden = true };
        var command = new Command("agent", "Run one consensus replica, or ask a group of them.") { id, peers, data, durable, bindAny, requests, lie, untilClosed, CreateAsk(), CreateStatus() };
        command.SetAction((parse, token) => Workspace.RunAsync(parse, async workspace =>
        {
            UseSocketThread();
            var file = PeersFile.Load(parse.GetValue(peers)!);
            using var member = Open(file, parse.GetValue(id)!);
            if (!member.IsReplica)
            {
                throw QuorateException.Input("not_a_replica", $"'{member.Id}' is a client of the group '{file.Name}'", $"its replicas: {string.Join(", ", member.Group.Replicas)}");
            }

            await using var agent = AgentProcess.Start(file, member, new AgentSettings
            {
                Data = parse.GetValue(data),
                Fsync = parse.GetValue(durable) == "fsync",
                BindAny = parse.GetValue(bindAny),
                Lie = LieOf(parse.GetValue(lie)!),
                Consensus = Rules(parse.GetValue(requests)!),
                Jitter = Jitter,
                Time = workspace.Time,
                FaultProven = fault => Console.Error.WriteLine($"{member.Id} proves {fault.Kind} of {fault.Replica}"),
            });
            Announce(workspace.Output, file, member, agent);
            await UntilStoppedAsync(agent, parse.GetValue(untilClosed), token);
            return ExitCodes.Done;
        }));
        return command.WithExamples("quorate agent --id r0 --peers peers.json --data r0.data", "quorate agent ask --peers peers.json --as c0 \"set colour green\"", "quorate agent status --peers peers.json --as c0");
    }

    /// <summary>Handlers of sockets run on the one socket thread: each hand-over to another costs more than the handler.</summary>
    public static void UseSocketThread()
    {
        Environment.SetEnvironmentVariable("DOTNET_SYSTEM_NET_SOCKETS_INLINE_COMPLETIONS", "1");
        Environment.SetEnvironmentVariable("DOTNET_SYSTEM_NET_SOCKETS_THREAD_COUNT", "1");
    }

    public static double Jitter() => RandomNumberGenerator.GetInt32(1 << 20) / (double)(1 << 20);

    public static GroupMember Open(PeersFile file, string id) => file.OpenMember(id, Environment.GetEnvironmentVariable(FileKeyRing.PassphraseVariable));

    /// <summary>The bounds of these groups. One batch at a time: signatures are for each batch, so that larger batches cost less than waiting.</summary>
    public static ConsensusOptions Rules(string requests) => new() { SignedRequests = requests == "signed", Pipeline = 1 };

    private static Command CreateAsk()
    {
        var text = new Argument<string>("TEXT") { Description = "set KEY VALUE, add KEY NUMBER, get KEY, or anything to be logged." };
        var (peers, client, requests) = (Peers(), Client(), Requests());
        var certificate = new Option<string?>("--certificate") { Description = "Write the certificate of the decision to this file.", HelpName = "FILE" };
        var command = new Command("ask", "Have a group decide one request.") { text, peers, client, requests, certificate };
        command.SetAction((parse, token) => Workspace.RunAsync(parse, async workspace =>
        {
            var file = PeersFile.Load(parse.GetValue(peers)!);
            using var member = Open(file, parse.GetValue(client)!);
            await using var agents = new AgentClients(file, [member], Rules(parse.GetValue(requests)!), new ConsensusClientOptions { Time = workspace.Time }, Jitter);
            await agents.ConnectAsync(member.Group.Directory.Membership.Quorum, TimeSpan.FromSeconds(10), token);
            var answer = await agents.Clients[0].RequestAsync(Encoding.UTF8.GetBytes(parse.GetValue(text)!), cancellationToken: token);
            var path = parse.GetValue(certificate);
            if (path is not null)
            {
                CertificateFile.Write(path, await agents.CertificateAsync(answer.Key, token) ?? throw QuorateException.Missing("certificate_gone", "no agent still has the certificate of this decision"));
            }

            var position = System.Buffers.Binary.BinaryPrimitives.ReadUInt64BigEndian(answer.Result);
            var value = Encoding.UTF8.GetString(answer.Result.AsSpan(8));
            workspace.Output.Result(new { position, value, certificate = path }, console => console.MarkupLine($"[green]{position}[/] {Output.Safe(value)}"));
            return ExitCodes.Done;
        }));
        return command.WithExamples("quorate agent ask --peers peers.json --as c0 \"add visits 1\"");
    }

    private static Command CreateStatus()
    {
        var (peers, client) = (Peers(), Client());
        var command = new Command("status", "How far each replica of a group is.") { peers, client };
        command.SetAction((parse, token) => Workspace.RunAsync(parse, async workspace =>
        {
            var file = PeersFile.Load(parse.GetValue(peers)!);
            using var member = Open(file, parse.GetValue(client)!);
            await using var agents = new AgentClients(file, [member], Rules("signed"), new ConsensusClientOptions { Time = workspace.Time }, Jitter);
            try
            {
                await agents.ConnectAsync(file.Replicas.Count, TimeSpan.FromSeconds(2), token);
            }
            catch (QuorateException) when (agents.Node.Connected.Count > 0)
            {
                // Those that answer are shown.
            }

            var all = await Task.WhenAll(Enumerable.Range(0, file.Replicas.Count).Select(i => agents.StatusAsync(i, token)));
            workspace.Output.Result(new { replicas = file.ReplicaIds.Select((name, i) => new { id = name, status = all[i] }) }, console =>
            {
                for (var i = 0; i < all.Length; i++)
                {
                    console.MarkupLine(all[i] is { } at
                        ? $"[green]{at.Id}[/] view {at.View}{(at.Active ? "" : " (changing)")}, {at.Applied} requests in {at.Executed} batches, state {at.StateHash[..16]}{string.Concat(at.Faults.Select(f => $", proved {f.Kind} of {f.Replica}"))}"
                        : $"[red]{file.Replicas[i].Id}[/] does not answer at {Output.Safe(file.Replicas[i].Address)}");
                }
            });
            return Array.TrueForAll(all, at => at is not null) ? ExitCodes.Done : ExitCodes.Negative;
        }));
        return command.WithExamples("quorate agent status --peers peers.json --as c0");
    }

    private static void Announce(Output output, PeersFile file, GroupMember member, AgentProcess agent)
    {
        var membership = member.Group.Directory.Membership;
        if (agent.Cut > 0)
        {
            Console.Error.WriteLine($"{member.Id}: the last write before the end was torn; {agent.Cut} bytes of it were cut off the record log");
        }

        output.Result(
            new { id = member.Id, group = file.Name, address = $"{agent.ListensOn}", replicas = membership.Replicas, faults = membership.Faults, executed = agent.Status().Executed },
            console => console.MarkupLine($"{Output.Safe(member.Id)} of {Output.Safe(file.Name)} listens on {agent.ListensOn} (n = {membership.Replicas}, f = {membership.Faults}, executed {agent.Status().Executed})"));
    }

    private static async Task UntilStoppedAsync(AgentProcess agent, bool untilClosed, CancellationToken token)
    {
        var stopped = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var registration = token.UnsafeRegister(state => ((TaskCompletionSource)state!).TrySetResult(), stopped);
        var closed = untilClosed ? Task.Run(() => Console.In.Read(), CancellationToken.None) : stopped.Task;
        await await Task.WhenAny(stopped.Task, agent.Completion, closed);
    }

    private static Lie LieOf(string name)
    {
        if (!Enum.TryParse<Lie>(name.Replace("-", "", StringComparison.Ordinal), ignoreCase: true, out var lie) || !Enum.IsDefined(lie))
        {
            throw QuorateException.Input("lie_unknown", $"--lie is '{name}'; silent, equivocate, wrong-votes, forge or mixed is allowed");
        }

        return lie == Lie.None || Environment.GetEnvironmentVariable(LiesVariable) == "1"
            ? lie
            : throw QuorateException.Input("lies_not_allowed", "--lie makes this replica Byzantine, for tests only", $"set {LiesVariable}=1 where that is wanted");
    }

    private static Option<string> Peers() => new("--peers") { Description = "Peers file: who belongs to the group, where it is found and where its keys are.", HelpName = "FILE", Required = true };

    private static Option<string> Client() => new("--as") { Description = "Which client of the peers file asks.", HelpName = "NAME", Required = true };

    private static Option<string> Requests()
    {
        var option = new Option<string>("--requests") { Description = "signed: each request carries its client's signature, which every replica checks. unsigned: the links alone say who asks, so that a faulty leader can invent requests. The same for the whole group.", DefaultValueFactory = _ => "signed" };
        option.AcceptOnlyFromAmong("signed", "unsigned");
        return option;
    }
}
