using System.Globalization;
using Quorate.Contracts.Sites;

namespace Quorate.Faults.Sites;

/// <summary>
/// Faults made in the network namespace of one container, from outside and nowhere else. A container that is started
/// again has a new namespace, in which nothing of them is left.
/// </summary>
public abstract class NetworkFault : ContainerFault
{
    public override string Needs => "Root, nsenter, iptables, and a running target in a container.";

    public override string Reverting => "What was added to the container's network is taken out again.";

    public override string DefaultTarget => "api";

    public override string Resource => FaultResources.Network;

    /// <summary>The program, and the Debian package that holds it.</summary>
    protected virtual (string Program, string Package) Tool => ("iptables", "iptables");

    public override IReadOnlyList<FaultRemedy> Remedies(FaultContext context, FaultReceipt receipt) => [FaultRemedy.Of("restart", receipt.Target)];

    protected override async Task<IReadOnlyDictionary<string, string>> PrepareAsync(
        FaultContext context, ServiceSpec target, ServiceObservation seen, CancellationToken cancellationToken)
    {
        ContainerFiles.RequireRoot(Name);
        HostTools.Require("nsenter", "util-linux", Name);
        HostTools.Require(Tool.Program, Tool.Package, Name);
        return await PrepareInsideAsync(context, target, cancellationToken);
    }

    protected virtual Task<IReadOnlyDictionary<string, string>> PrepareInsideAsync(FaultContext context, ServiceSpec target, CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyDictionary<string, string>>(new Dictionary<string, string>());

    /// <summary>Runs a program of this machine in the container's network.</summary>
    protected static Task<string> InsideAsync(ServiceObservation seen, CancellationToken cancellationToken, params string[] command) => seen.Pid is { } pid
        ? HostTools.RunAsync("nsenter", ["-t", pid.ToString(CultureInfo.InvariantCulture), "-n", .. command], cancellationToken)
        : throw new PlatformException($"{seen.Name} has no process here", retryable: true);

    /// <summary>Adds a rule in front of the others, marked with the fault's key. Rule: the table, the chain, and what iptables takes after them.</summary>
    protected static Task AddRuleAsync(ServiceObservation seen, FaultReceipt receipt, CancellationToken cancellationToken, params string[] rule) =>
        InsideAsync(seen, cancellationToken, ["iptables", "-w", "5", "-t", rule[0], "-I", rule[1], "-m", "comment", "--comment", receipt.EffectKey, .. rule[2..]]);

    /// <summary>The marked rules, each with its table, as iptables-save writes them.</summary>
    protected static async Task<IReadOnlyList<(string Table, string Rule)>> RulesAsync(ServiceObservation seen, FaultReceipt receipt, CancellationToken cancellationToken)
    {
        var found = new List<(string, string)>();
        string table = "";
        foreach (string line in (await InsideAsync(seen, cancellationToken, "iptables-save")).Split('\n'))
        {
            if (line.StartsWith('*'))
            {
                table = line[1..].Trim();
            }
            else if (line.StartsWith("-A ", StringComparison.Ordinal) && line.Contains(receipt.EffectKey, StringComparison.Ordinal))
            {
                found.Add((table, line[3..]));
            }
        }
        return found;
    }

    protected static async Task RemoveRulesAsync(ServiceObservation seen, FaultReceipt receipt, CancellationToken cancellationToken)
    {
        foreach ((string table, string rule) in await RulesAsync(seen, receipt, cancellationToken))
        {
            // The key has neither spaces nor quotes, and so has nothing else in rules of these faults.
            await InsideAsync(seen, cancellationToken, ["iptables", "-w", "5", "-t", table, "-D", .. rule.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(w => w.Trim('"'))]);
        }
    }

    /// <summary>The port that the target listens on for its users: the first that it publishes.</summary>
    protected static int PortOf(ServiceSpec target) => target.Ports is [var first, ..]
        ? first.ContainerPort
        : throw new PlatformException("it publishes no port", retryable: false);

    protected override async Task<bool> IsThereAsync(FaultContext context, FaultReceipt receipt, ServiceObservation seen, CancellationToken cancellationToken) =>
        (await RulesAsync(seen, receipt, cancellationToken)).Count > 0;

    protected override Task TakeBackAsync(FaultContext context, FaultReceipt receipt, ServiceObservation seen, CancellationToken cancellationToken) =>
        RemoveRulesAsync(seen, receipt, cancellationToken);
}
