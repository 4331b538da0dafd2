using System.Globalization;
using System.Security.Cryptography;
using Quorate.Contracts;
using Quorate.Contracts.Sites;

namespace Quorate.Harness.Sites;

/// <summary>
/// What a site is at one moment, as far as a repair may change it: by service and key, from the platform's observation, the
/// kernel and the services' own admin interfaces, and the files that declare it. Process ids and times are left out.
/// </summary>
public sealed record SiteState(IReadOnlyDictionary<string, string> Items, SiteConfiguration? Configuration)
{
    /// <summary>Others come and go with the load.</summary>
    private static readonly string[] Lasting = [ConditionKinds.ConfigInvalid, ConditionKinds.ResourceAlarm, ConditionKinds.SaveFailed, ConditionKinds.ProcessStopped, ConditionKinds.DiskFull, ConditionKinds.AdminDenied];

    private const int MaxFileBytes = 1 << 20;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    /// <param name="site">As loaded at the begin: its files are read anew.</param>
    /// <param name="platform">Where it runs.</param>
    /// <param name="inspector">Asks services for their configuration; null: there is none for this platform.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public static async Task<SiteState> CaptureAsync(Site site, IPlatform platform, ISiteInspector? inspector, CancellationToken cancellationToken)
    {
        var items = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var observed in await platform.ObserveAsync(cancellationToken))
        {
            Add(items, site, observed);
        }

        foreach (var file in new[] { site.ComposeFile, site.OverrideFile }.OfType<string>())
        {
            items[$"file {Path.GetFileName(file)}"] = HashOf(file);
        }

        return new SiteState(items, inspector is null ? null : await inspector.CaptureAsync(Patience, cancellationToken));
    }

    /// <summary>What is not as it was, one sentence each; secrets are digests on both sides.</summary>
    /// <param name="reference">The site while it was healthy.</param>
    /// <param name="volatileKeys">Keys that change by themselves: see <see cref="VolatileKeys"/>.</param>
    public IReadOnlyList<string> DifferencesFrom(SiteState reference, IReadOnlySet<string> volatileKeys) =>
    [
        .. from key in reference.Items.Keys.Union(Items.Keys, StringComparer.Ordinal).Order(StringComparer.Ordinal)
           let was = reference.Items.GetValueOrDefault(key)
           let now = Items.GetValueOrDefault(key)
           where was != now && !volatileKeys.Contains(key)
           select $"{key}: {now ?? "gone"}, was {was ?? "not there"}",
        .. ConfigurationDifferences(reference).Where(d => !volatileKeys.Contains(KeyOf(d))).Select(d => $"{KeyOf(d)}: {Short(d.Actual) ?? "gone"}, was {Short(d.Healthy) ?? "not there"}"),
        .. Unasked(reference),
    ];

    public IReadOnlyList<ConfigurationDifference> ConfigurationDifferences(SiteState reference) =>
        Configuration is null || reference.Configuration is null ? [] : Configuration.DifferencesFrom(reference.Configuration);

    /// <summary>Keys that differ between two captures of a site to which nobody did anything.</summary>
    public IReadOnlySet<string> VolatileKeys(SiteState earlier) =>
        ConfigurationDifferences(earlier).Select(KeyOf)
            .Concat(Items.Keys.Union(earlier.Items.Keys, StringComparer.Ordinal).Where(k => Items.GetValueOrDefault(k) != earlier.Items.GetValueOrDefault(k)))
            .ToHashSet(StringComparer.Ordinal);

    /// <summary>Services that something of the differences is about.</summary>
    public static IReadOnlyList<string> ServicesOf(IReadOnlyList<string> differences, Site site) =>
        [.. site.Services.Select(s => s.Name).Where(n => differences.Any(d => d.StartsWith(n + " ", StringComparison.Ordinal)))];

    private static string KeyOf(ConfigurationDifference d) => $"{d.Service} {d.Key}";

    /// <summary>What cannot be asked any more, and what a service says is wrong with its own state since.</summary>
    private IEnumerable<string> Unasked(SiteState reference) =>
        from now in Configuration?.Services ?? []
        let before = reference.Configuration?.Find(now.Service)
        where before is { Failure: null }
        from told in now.Failure is { } failure
            ? [$"cannot be asked ({PlainText.Line(failure, 150)})"]
            : before.Areas.Except(now.Areas, StringComparer.Ordinal).Select(a => $"{a} cannot be read any more")
                .Concat(now.Conditions.Where(c => Lasting.Contains(c.Kind) && !before.Conditions.Any(b => b.Kind == c.Kind)).Select(c => $"{c.Kind}: {PlainText.Line(c.Detail, 150)}"))
        select $"{now.Service} configuration: {told}";

    private static void Add(SortedDictionary<string, string> items, Site site, ServiceObservation o)
    {
        void Set(string key, string? value) => items[$"{o.Name} {key}"] = value ?? "none";
        Set("state", o.State.ToString().ToLowerInvariant());
        Set("image", o.Image);
        Set("environment", TextHash.Of(string.Join('\n', o.Environment.OrderBy(e => e.Key, StringComparer.Ordinal).Select(e => $"{e.Key}={e.Value}")))[..16]);
        Set("networks", string.Join(',', o.Networks.Order(StringComparer.Ordinal)));
        Set("ports", string.Join(',', o.Ports.Select(p => $"{p.HostIp}:{p.HostPort}->{p.ContainerPort}/{p.Protocol}").Order(StringComparer.Ordinal)));
        Set("limits", string.Create(CultureInfo.InvariantCulture, $"{o.Cpus} cores, {o.MemoryBytes} bytes"));
        Set("replicas", o.Replicas.ToString(CultureInfo.InvariantCulture));
        Set("data", string.Join("; ", o.DataProblems.Select(p => $"{p.Path} {p.Kind}")));
        Set("differs", string.Join("; ", o.PlatformDrift.Select(d => $"{d.Aspect} {d.Name}: {TextHash.Of(d.Actual ?? "")[..16]}")));
        if (o.Pid is { } pid && site.Find(o.Name)?.Process is not null)
        {
            Set("program", ProgramOf(pid));
        }
    }

    /// <summary>What the kernel says runs there, whatever it calls itself.</summary>
    private static string ProgramOf(int pid)
    {
        try
        {
            return File.ResolveLinkTarget($"/proc/{pid}/exe", returnFinalTarget: false)?.FullName + " " + string.Join(' ', File.ReadAllText($"/proc/{pid}/cmdline").Split('\0').Skip(1)).Trim();
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return "gone";
        }
    }

    private static string HashOf(string file)
    {
        try
        {
            return Convert.ToHexStringLower(SHA256.HashData(BoundedFile.Read(file, MaxFileBytes)))[..16];
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return "unreadable";
        }
    }

    private static string? Short(string? value) => value is null ? null : PlainText.Line(value, 80);
}
