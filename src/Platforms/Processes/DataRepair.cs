using System.Globalization;
using System.Text.Json;
using Quorate.Contracts;
using Quorate.Contracts.Sites;

namespace Quorate.Platforms.Processes;

/// <summary>
/// One reversible step of a repair. Kind: <c>detach</c> (Target: mount point; Moved: where it is kept), <c>remount</c>
/// (Target: mount point), <c>attribute</c> (Target: path; Flags: the former ones), <c>move</c> (Target: the file's place;
/// Moved: where it is kept) or <c>create</c> (Target: the folder).
/// </summary>
internal sealed record RepairStep(string Kind, string Target, string? Moved = null, int Flags = 0, bool ReadOnly = false, string? Device = null);

/// <summary>What was done to a service's data folders, in order; undone from the last to the first.</summary>
internal sealed record RepairToken(string Service, string EffectKey, IReadOnlyList<RepairStep> Steps);

/// <summary>
/// Makes data folders writable again without deleting anything. Each step is written to the state folder before it is
/// done, and does nothing where it has been done already, so a repair that was interrupted can be called again.
/// </summary>
internal sealed class DataRepair(StateFolder state, DataFolders folders)
{
    private const int MaxSteps = 64;

    public string? Repair(ServiceSpec service, string effectKey)
    {
        var file = state.RepairFile(service.Name, Short(effectKey));
        var token = File.Exists(file) ? Parse(File.ReadAllText(file)) : new RepairToken(service.Name, effectKey, []);
        for (var open = folders.Check(service); open.Count > 0; open = folders.Check(service))
        {
            var finding = open[0];
            if (token.Steps.Count >= MaxSteps)
            {
                throw Refuse(service.Name, finding, $"after {MaxSteps} repairs it is still so");
            }

            var step = Plan(service.Name, finding, token);
            if (!token.Steps.Contains(step))
            {
                token = token with { Steps = [.. token.Steps, step] };
                StateFolder.WriteDurably(file, QuorateJson.Serialize(token));
            }

            RepairSteps.Do(service.Name, step);
        }

        return token.Steps.Count == 0 ? null : QuorateJson.Serialize(token);
    }

    public void Undo(ServiceSpec service, string text)
    {
        var token = Parse(text);
        if (token.Service != service.Name || !token.Steps.All(s => Belongs(s, service)))
        {
            throw new PlatformException($"{service.Name}: the token is not of a repair of this service's data folders", retryable: false);
        }

        foreach (var step in token.Steps.Reverse())
        {
            RepairSteps.Undo(service.Name, step);
        }

        File.Delete(state.RepairFile(service.Name, Short(token.EffectKey)));
    }

    private RepairStep Plan(string service, DataFinding finding, RepairToken token)
    {
        var (problem, mount) = (finding.Problem, finding.Mount);
        if (problem.UndeclaredMount)
        {
            var step = token.Steps.FirstOrDefault(s => s.Kind == "detach" && s.Target == mount.MountPoint && s.Device == mount.Device);
            return step ?? new RepairStep("detach", mount.MountPoint, KeepAt(service, token), ReadOnly: mount.ReadOnly, Device: mount.Device);
        }

        switch (problem.Kind)
        {
            case DataProblemKind.ReadOnly when mount.MountPoint == finding.Target && !token.Steps.Any(s => s.Kind == "remount" && s.Target == mount.MountPoint):
                return new RepairStep("remount", mount.MountPoint, ReadOnly: true);
            case DataProblemKind.Immutable when Native.ReadAttributes(finding.Target) is { } flags:
                return new RepairStep("attribute", finding.Target, Flags: flags);
            case DataProblemKind.Full:
                return PlanMove(service, finding, token);
            case DataProblemKind.Missing when !File.Exists(finding.Target):
                return new RepairStep("create", finding.Target);
            default:
                throw Refuse(service, finding, problem.Kind switch
                {
                    DataProblemKind.ReadOnly => $"the file system under {mount.MountPoint} is read-only as a whole: look at the kernel log, repair it and mount it writable",
                    DataProblemKind.Missing => "move the file that is in the folder's place away",
                    _ => $"give this user the right to write there: chown or chmod {finding.Target}",
                });
        }
    }

    /// <summary>The largest file that is none of the service's, as long as the quarantine lies elsewhere and has room.</summary>
    private RepairStep PlanMove(string service, DataFinding finding, RepairToken token)
    {
        const string person = "free space or inodes on it, or declare in x-quorate.data.files which files are the service's";
        if (finding.Folder.Files.Count == 0)
        {
            throw Refuse(service, finding, person);
        }

        var foreign = DataFolders.ListFiles(finding.Folder)
            .Where(f => !DataFolders.IsDeclared(finding.Folder, f))
            .Select(f => new FileInfo(f))
            .MaxBy(f => f.Length);
        if (foreign is null)
        {
            throw Refuse(service, finding, $"no file in it is foreign; {person}");
        }

        if (MountTable.Read().Find(state.Quarantine).Device == finding.Mount.Device)
        {
            throw Refuse(service, finding, $"the quarantine {state.Quarantine} lies on the same full file system; {person}");
        }

        if (new DriveInfo(state.Quarantine).AvailableFreeSpace < foreign.Length + (1 << 20))
        {
            throw Refuse(service, finding, $"the quarantine {state.Quarantine} has no room for {foreign.FullName} ({foreign.Length} bytes); {person}");
        }

        return new RepairStep("move", foreign.FullName, KeepAt(service, token));
    }

    private string KeepAt(string service, RepairToken token) => Path.Combine(
        state.Quarantine,
        string.Create(CultureInfo.InvariantCulture, $"{service}-{Short(token.EffectKey)}-{token.Steps.Count + 1}"));

    /// <summary>A token only ever names the service's own folders, mounts over them, and the quarantine.</summary>
    private bool Belongs(RepairStep step, ServiceSpec service) =>
        (step.Moved is null || MountTable.IsUnder(Path.GetFullPath(step.Moved), state.Quarantine))
        && service.Process!.Data.Any(d => MountTable.IsUnder(Path.GetFullPath(step.Target), d.Path) || (step.Kind is "detach" && step.Target != "/" && MountTable.IsUnder(d.Path, step.Target)));

    private static RepairToken Parse(string text)
    {
        try
        {
            return QuorateJson.Deserialize<RepairToken>(text) ?? throw new JsonException("null");
        }
        catch (JsonException e)
        {
            throw new PlatformException($"the data repair's token cannot be read: {e.Message}", retryable: false, e);
        }
    }

    private static string Short(string effectKey) => TextHash.Of(effectKey)[..12];

    private static PlatformException Refuse(string service, DataFinding finding, string person) =>
        new($"{service}: its data folder {finding.Folder.Path} cannot be written ({finding.Problem.Detail}) and this needs a person: {person}", retryable: false);
}
