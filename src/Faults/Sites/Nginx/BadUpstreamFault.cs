using System.Text.RegularExpressions;
using Quorate.Contracts.Sites;

namespace Quorate.Faults.Sites;

/// <summary>
/// The proxy asks the wrong port of the service behind it. In nginx that is its configuration inside the container, and
/// the declared environment stays right; any other service is started with a wrong address (<see cref="AddressFault"/>).
/// </summary>
public sealed partial class BadUpstreamFault : NginxFault, ISiteFault
{
    private const string Path = $"{Folder}/cloud.conf";
    private const string Mode = "mode";

    private static readonly AddressFault Address = AddressFault.BadUpstream;

    IReadOnlyList<string> ISiteFault.Platforms => Address.Platforms;

    public override string Name => Address.Name;

    public override string Summary => "Points the proxy at the wrong port of the service behind it: in nginx's configuration, else in the environment.";

    public override string BlastRadius => "Every request that has to go through the proxy is answered with 502; what is behind it works.";

    public override string Needs => "A running nginx, or another service with an environment variable that holds the address of a service.";

    public override string Reverting => "nginx's file gets the right address and is loaded; another service is recreated as declared.";

    /// <summary>Where the service is started anew nothing can be combined with it.</summary>
    public override string Resource => FaultResources.Service;

    public override async Task ApplyAsync(FaultContext context, FaultReceipt receipt, CancellationToken cancellationToken)
    {
        if (IsInEnvironment(receipt))
        {
            await Address.ApplyAsync(context, receipt, cancellationToken);
            return;
        }
        await ReplaceAsync(context, receipt, receipt.Values["right"], receipt.Values["wrong"], cancellationToken);
    }

    public override Task RevertAsync(FaultContext context, FaultReceipt receipt, CancellationToken cancellationToken) =>
        IsInEnvironment(receipt) ? Address.RevertAsync(context, receipt, cancellationToken) : base.RevertAsync(context, receipt, cancellationToken);

    public override Task<bool> IsInEffectAsync(FaultContext context, FaultReceipt receipt, CancellationToken cancellationToken) =>
        IsInEnvironment(receipt) ? Address.IsInEffectAsync(context, receipt, cancellationToken) : base.IsInEffectAsync(context, receipt, cancellationToken);

    public override Task<string?> CheckInvariantAsync(FaultContext context, FaultReceipt receipt, CancellationToken cancellationToken) =>
        IsInEnvironment(receipt) ? Address.CheckInvariantAsync(context, receipt, cancellationToken) : base.CheckInvariantAsync(context, receipt, cancellationToken);

    public override IReadOnlyList<FaultRemedy> Remedies(FaultContext context, FaultReceipt receipt) =>
        IsInEnvironment(receipt) ? Address.Remedies(context, receipt) : [FaultRemedy.Of("restart", receipt.Target)];

    async Task<IReadOnlyDictionary<string, string>> ISiteFault.PrepareAsync(FaultContext context, ServiceSpec target, CancellationToken cancellationToken) =>
        context.Platform.Name == "docker" && IsNginx(target)
            ? await PrepareAsync(context, target, cancellationToken)
            : await Address.PrepareAsync(context, target, cancellationToken);

    protected override async Task<IReadOnlyDictionary<string, string>> PrepareAsync(
        FaultContext context, ServiceSpec target, ServiceObservation seen, CancellationToken cancellationToken)
    {
        await base.PrepareAsync(context, target, seen, cancellationToken);
        string right = target.Environment.Values.FirstOrDefault(v => Plain().IsMatch(v)) ?? throw new PlatformException("none of its variables is a plain http:// address", retryable: false);
        string file = await RunAsync(context, target.Name, cancellationToken, "cat", Path);
        return file.Contains(right, StringComparison.Ordinal)
            ? new Dictionary<string, string> { [Mode] = "file", ["right"] = right, ["wrong"] = ServiceAddress.WithPort(right, 1) }
            : throw new PlatformException($"{Path} does not name {right}", retryable: false);
    }

    protected override async Task TakeBackAsync(FaultContext context, FaultReceipt receipt, ServiceObservation seen, CancellationToken cancellationToken)
    {
        if (await IsThereAsync(context, receipt, seen, cancellationToken))
        {
            await ReplaceAsync(context, receipt, receipt.Values["wrong"], receipt.Values["right"], cancellationToken);
        }
    }

    protected override async Task<bool> IsThereAsync(FaultContext context, FaultReceipt receipt, ServiceObservation seen, CancellationToken cancellationToken) =>
        (await RunAsync(context, receipt.Target, cancellationToken, "cat", Path)).Contains(receipt.Values["wrong"] + ";", StringComparison.Ordinal);

    protected override Task<string?> FindBrokenAsync(FaultContext context, FaultReceipt receipt, ServiceObservation seen, CancellationToken cancellationToken) =>
        SayIfThereAsync($"{receipt.Target} asks {receipt.Values["wrong"]}", context, receipt, seen, cancellationToken);

    private static bool IsInEnvironment(FaultReceipt receipt) => receipt.Values.ContainsKey("variable");

    private static async Task ReplaceAsync(FaultContext context, FaultReceipt receipt, string from, string to, CancellationToken cancellationToken)
    {
        await RunAsync(context, receipt.Target, cancellationToken, "sed", "-i", $"s#{from};#{to};#", Path);
        await ReloadAsync(context, receipt.Target, cancellationToken);
    }

    /// <summary>Nothing in it means anything to sed but the dot, which also matches itself.</summary>
    [GeneratedRegex("^http://[a-z0-9.-]+:[0-9]+$", RegexOptions.None, matchTimeoutMilliseconds: 200)]
    private static partial Regex Plain();
}
