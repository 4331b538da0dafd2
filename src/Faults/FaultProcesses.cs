using System.Globalization;
using System.Text;

namespace Quorate.Faults;

/// <summary>Programs that a fault has started on this machine: each carries the fault's key in its environment.</summary>
internal static class FaultProcesses
{
    public const string Variable = "QUORATE_FAULT";

    /// <summary>
    /// Until disposed of, programs that this process starts carry the key: when it is killed halfway, what it has
    /// started must not finish the effect after the revert. Not for services that are processes themselves.
    /// </summary>
    public static IDisposable? Mark(FaultReceipt receipt) => receipt.Platform == "docker" ? new Marked(receipt.EffectKey) : null;

    /// <summary>Ends what a killed injector has left at work.</summary>
    public static void EndUnfinished(FaultReceipt receipt)
    {
        if (!receipt.Applied && receipt.Owner?.Lives() != true)
        {
            Kill(receipt.EffectKey);
        }
    }

    /// <summary>SIGKILL to every program that carries the key; answers how many there were.</summary>
    public static int Kill(string effectKey)
    {
        IReadOnlyList<int> pids = Find(effectKey);
        foreach (int pid in pids)
        {
            try
            {
                Native.Kill(pid);
            }
            catch (IOException)
            {
                // It has ended by itself.
            }
        }
        return pids.Count;
    }

    public static IReadOnlyList<int> Find(string effectKey)
    {
        byte[] entry = Encoding.ASCII.GetBytes($"{Variable}={effectKey}\0");
        return Directory.EnumerateDirectories("/proc")
            .Select(folder => int.TryParse(Path.GetFileName(folder), NumberStyles.None, CultureInfo.InvariantCulture, out int pid) ? pid : 0)
            .Where(pid => pid > 1 && pid != Environment.ProcessId && Carries(pid, entry))
            .ToList();
    }

    private static bool Carries(int pid, byte[] entry)
    {
        try
        {
            return File.ReadAllBytes(string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}/environ")).AsSpan().IndexOf(entry) >= 0;
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    private sealed class Marked : IDisposable
    {
        public Marked(string effectKey) => Environment.SetEnvironmentVariable(Variable, effectKey);

        public void Dispose() => Environment.SetEnvironmentVariable(Variable, null);
    }
}
