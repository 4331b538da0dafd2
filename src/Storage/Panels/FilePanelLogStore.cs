using Quorate.Contracts;
using Quorate.Engine.Panels;

namespace Quorate.Storage.Panels;

/// <summary>A panel's log in one file, used by one process at a time: whoever holds the lock file beside it.</summary>
/// <param name="folder">Made with access for its owner only when it does not exist.</param>
/// <param name="name">Of the file, without its ending; names the keys too, as votes of other keys mean nothing to these.</param>
/// <param name="time">The clock of waiting.</param>
public sealed class FilePanelLogStore(string folder, string name, TimeProvider time) : IPanelLogStore
{
    private static readonly TimeSpan Retry = TimeSpan.FromMilliseconds(10);

    public async Task<IPanelLog> OpenAsync(CancellationToken cancellationToken)
    {
        try
        {
            DurableFile.CreateFolder(folder);
            var gate = await LockAsync(Path.Combine(folder, name + ".lock"), cancellationToken);
            try
            {
                return FilePanelLog.Open(Path.Combine(folder, name + ".log"), gate);
            }
            catch
            {
                await gate.DisposeAsync();
                throw;
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw QuorateException.Missing("panel_log_unusable", $"the panel's log in {folder} cannot be used: {e.Message}", "give yourself access to the folder", e);
        }
    }

    private async Task<FileStream> LockAsync(string path, CancellationToken cancellationToken)
    {
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            try
            {
                return new FileStream(path, new FileStreamOptions { Mode = FileMode.OpenOrCreate, Access = FileAccess.ReadWrite, Share = FileShare.None });
            }
            catch (IOException e) when (e is not (DirectoryNotFoundException or PathTooLongException))
            {
                // Another process decides just now.
                await Task.Delay(Retry, time, cancellationToken);
            }
        }
    }
}
