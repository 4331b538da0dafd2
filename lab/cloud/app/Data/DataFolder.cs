namespace Quorate.Lab.Cloud.Data;

/// <summary>The folder for what the service itself keeps (DATA_DIR). Health fails when nothing can be written there.</summary>
internal static class DataFolder
{
    private const int ProbeBytes = 4096;

    /// <summary>Does nothing where no folder is declared.</summary>
    public static void WatchIfDeclared(RoleHost host)
    {
        string folder = Env.Text("DATA_DIR", "");
        if (folder.Length > 0)
        {
            host.Health.Add("data", token => ProbeAsync(Path.Combine(folder, ".probe"), token));
        }
    }

    private static async Task ProbeAsync(string path, CancellationToken cancellationToken)
    {
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            await File.WriteAllBytesAsync(path, new byte[ProbeBytes], cancellationToken);
        }
        finally
        {
            File.Delete(path);
        }
    }
}
